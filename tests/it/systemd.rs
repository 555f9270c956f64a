//! deploy/vestibule.service, under systemd itself: what the unit forbids, the program does not need.

use crate::command_line::Desk;
use crate::kill::{ask, free_address};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const UNIT: &str = "deploy/vestibule.service";
const SYSTEMD: &str = "/lib/systemd/systemd";
const INSTALLED: &str = "/usr/local/lib/vestibule/vestibule";
const PATIENCE: Duration = Duration::from_secs(30);
/// systemd's own score of what a service could do to the machine, of 100: beyond 20 it is no longer "OK".
const EXPOSURE: &str = "20";

#[test]
fn the_unit_says_what_systemd_understands_and_exposes_little() {
    if Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .is_err()
    {
        return println!("skipped: there is no systemd here");
    }
    let desk = Desk::new();
    let unit = std::fs::read_to_string(UNIT).expect("the unit");
    let program = desk.install();
    let unit = unit.replace(INSTALLED, program.to_str().expect("UTF-8"));
    let copy = desk.path().join("vestibule.service");
    std::fs::write(&copy, unit).expect("a file");
    for words in [
        vec!["verify"],
        vec!["security", "--offline=true", "--threshold", EXPOSURE],
    ] {
        let told = Command::new("systemd-analyze")
            .args(words)
            .arg(&copy)
            .output()
            .expect("it starts");
        let complaint = String::from_utf8_lossy(&told.stderr);
        assert!(told.status.success(), "{complaint}");
        assert_eq!(complaint, "");
    }
}

#[test]
fn the_program_runs_as_the_unit_has_it() {
    let Some(machine) = Machine::boot() else {
        return println!("skipped: this needs systemd, and root's right to make namespaces");
    };
    let address = machine.address;
    let first = machine.wait_until_ready(None);
    let status = std::fs::read_to_string(format!("/proc/{first}/status")).expect("a process");
    for fact in ["CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(status.contains(fact), "{fact}: {status}");
    }
    assert!(!status.contains("Uid:\t0"), "{status}");

    // It computes passwords, on threads that step back, and writes where it may.
    let form = "email=ada%40example.org&nickname=Ada&password=violet+harbour+kestrel+41";
    let answer = ask(address, "POST", "/action/register", "", form).expect("an answer");
    assert_eq!(answer.location(), "/profile");
    let cookie = format!("at={}", answer.cookie("at").expect("signed in"));
    let nice = threads(first)
        .filter(|stat| stat.split(' ').nth(18) == Some("19"))
        .count();
    assert!(nice > 0, "no thread steps back");

    // It comes back, with all that it had.
    machine.signal("-KILL", first);
    let second = machine.wait_until_ready(Some(first));
    let profile = ask(address, "GET", "/profile", &cookie, "").expect("an answer");
    assert_eq!(profile.status, 200);
    assert!(profile.body.contains("Ada"));

    // And ends in order, for good.
    machine.signal("-TERM", second);
    machine.wait_until_off();
}

/// What the kernel says of a process' threads; their names have no spaces.
fn threads(process: u32) -> impl Iterator<Item = String> {
    let folder = std::fs::read_dir(format!("/proc/{process}/task")).expect("a process");
    folder.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("stat")).ok())
}

/// systemd and our unit in namespaces of their own.
struct Machine {
    unshared: Child,
    desk: Desk,
    address: SocketAddr,
}

impl Machine {
    fn boot() -> Option<Self> {
        const NAMESPACES: [&str; 8] = [
            "--pid",
            "--fork",
            "--kill-child",
            "--mount",
            "--uts",
            "--ipc",
            "--cgroup",
            "--mount-proc",
        ];
        let allowed = Command::new("unshare")
            .args(NAMESPACES)
            .args(["mount", "-t", "tmpfs", "tmpfs", "/run"])
            .output();
        if !Path::new(SYSTEMD).exists() || !allowed.is_ok_and(|tried| tried.status.success()) {
            return None;
        }
        let desk = Desk::new();
        desk.install();
        let address = free_address();
        let secret = crate::app::secret();
        std::fs::write(
            desk.path().join("vestibule.env"),
            format!(
                "VESTIBULE_ORIGIN=http://{address}\nVESTIBULE_LISTEN={address}\nVESTIBULE_SECRET={secret}\n"
            ),
        )
        .expect("a file");
        std::fs::write(desk.path().join("log"), "").expect("a file");
        let unshared = Command::new("unshare")
            .args(NAMESPACES)
            .arg("tests/it/systemd.sh")
            .arg(desk.path())
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        Some(Self {
            unshared,
            desk,
            address,
        })
    }

    /// The process that answers, which is another than that one.
    fn wait_until_ready(&self, before: Option<u32>) -> u32 {
        let begun = Instant::now();
        loop {
            let ready = ask(self.address, "GET", "/readyz", "", "");
            if ready.is_some_and(|answer| answer.status == 200)
                && let Some(process) = self.process()
                && Some(process) != before
            {
                return process;
            }
            assert!(begun.elapsed() < PATIENCE, "{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Of those that run what is installed there, the one with our socket in its environment.
    fn process(&self) -> Option<u32> {
        let listen = format!("VESTIBULE_LISTEN={}", self.address);
        let processes = std::fs::read_dir("/proc").expect("proc");
        processes
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .find(|process: &u32| {
                let folder = Path::new("/proc").join(process.to_string());
                let environment = std::fs::read(folder.join("environ")).unwrap_or_default();
                let program = std::fs::read(folder.join("cmdline")).unwrap_or_default();
                program.starts_with(INSTALLED.as_bytes())
                    && environment
                        .split(|byte| *byte == 0)
                        .any(|variable| variable == listen.as_bytes())
            })
    }

    fn signal(&self, signal: &str, process: u32) {
        let told = Command::new("kill")
            .args([signal, &process.to_string()])
            .status();
        assert!(told.expect("kill").success(), "{}", self.log());
    }

    fn wait_until_off(self) {
        let begun = Instant::now();
        while self.process().is_some() {
            assert!(begun.elapsed() < PATIENCE, "{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        let log = self.log();
        assert!(log.contains("stopped"), "{log}");
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.desk.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.unshared.kill(); // and with it all that runs there
        let _ = self.unshared.wait();
    }
}
