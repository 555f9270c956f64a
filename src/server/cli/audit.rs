//! `vestibule audit …`: whether the audit trail is whole, and the trail as a file.

use super::{Failure, assemble, print};
use crate::app::audit_file::AuditFile;
use crate::app::words;
use crate::server::accounts::{Accounts, AuditFlaw, AuditHead, AuditSearch, AuditVerdict};
use crate::server::config::Config;
use crate::server::web;
use clap::Subcommand;
use serde_json::json;
use std::str::FromStr;

/// How many records are read at a time.
const RECORDS_AT_A_TIME: u32 = 500;

#[derive(Subcommand)]
pub enum AuditCommand {
    /// Read the whole trail, and say whether a record was changed, removed or cut off
    Verify {
        /// A head that `verify` printed before: the trail must still have it
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<Noted>,
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print all records, the newest first, as JSON lines
    Export {
        /// As CSV, with formula cells made harmless
        #[arg(long)]
        csv: bool,
    },
    /// Vouch for the trail as it stands, when the secret that sealed it is gone
    Reseal,
}

/// `7:hash`, as `verify` prints it.
#[derive(Clone, Debug)]
pub struct Noted(AuditHead);

impl FromStr for Noted {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = "not a number, a colon and a hash, as `vestibule audit verify` prints them";
        let (seq, hash) = text.split_once(':').ok_or(refused)?;
        let (seq, hash) = (seq.parse().map_err(|_| refused)?, hash.to_owned());
        Ok(Self(AuditHead { seq, hash }))
    }
}

pub async fn run(command: AuditCommand) -> Result<(), Failure> {
    let config = Config::from_environment()?;
    web::start_logging(&config.log, config.log_format, std::io::stderr);
    let parts = assemble(&config).await?;
    let done = match command {
        AuditCommand::Verify { head, json } => verify(&parts.accounts, head, json).await,
        AuditCommand::Export { csv: true } => export(&parts.accounts, AuditFile::Csv).await,
        AuditCommand::Export { csv: false } => export(&parts.accounts, AuditFile::JsonLines).await,
        AuditCommand::Reseal => Ok(parts.accounts.reseal_audit_trail().await?),
    };
    parts.storage.close().await;
    done
}

async fn verify(accounts: &Accounts, noted: Option<Noted>, json: bool) -> Result<(), Failure> {
    let noted = noted.map(|Noted(head)| head);
    let verdict = accounts.verify_audit_trail(noted.as_ref()).await?;
    print(&if json {
        in_json(&verdict)
    } else {
        in_words(&verdict)
    })?;
    if verdict.flaws.is_empty() {
        Ok(())
    } else {
        Err("The audit trail is not whole.".into())
    }
}

fn in_words(verdict: &AuditVerdict) -> String {
    let AuditVerdict {
        records,
        since,
        head,
        flaws,
    } = verdict;
    let since = since.map_or(String::new(), |since| {
        format!(" since {}", words::instant(since))
    });
    let mut text = format!(
        "{records} records{since}\nhead {}:{}\n",
        head.seq, head.hash
    );
    for flaw in flaws {
        text += &sentence(flaw);
        text.push('\n');
    }
    text
}

fn sentence(flaw: &AuditFlaw) -> String {
    match flaw {
        AuditFlaw::BrokenSeal => {
            "The seal does not hold: the trail's ends were changed, or it was sealed with a \
            secret that is neither VESTIBULE_SECRET nor among VESTIBULE_PREVIOUS_SECRETS."
                .to_owned()
        }
        AuditFlaw::Changed(seq) => {
            format!("Record {seq} is not as it was written, or the one before it.")
        }
        AuditFlaw::Missing(first, last) if first == last => format!("Record {first} is missing."),
        AuditFlaw::Missing(first, last) => format!("Records {first} to {last} are missing."),
        AuditFlaw::Outside(count) => {
            format!("{count} records stand before or after the trail's ends.")
        }
        AuditFlaw::OtherHead => "The head that was noted is not part of this trail.".to_owned(),
    }
}

fn in_json(verdict: &AuditVerdict) -> String {
    let flaws = verdict.flaws.iter().map(|flaw| match flaw {
        AuditFlaw::BrokenSeal => json!({"flaw": "broken_seal"}),
        AuditFlaw::Changed(seq) => json!({"flaw": "changed", "seq": seq}),
        AuditFlaw::Missing(first, last) => json!({"flaw": "missing", "first": first, "last": last}),
        AuditFlaw::Outside(count) => json!({"flaw": "outside", "count": count}),
        AuditFlaw::OtherHead => json!({"flaw": "other_head"}),
    });
    let object = json!({
        "records": verdict.records,
        "since": verdict.since.map(words::instant),
        "head": {"seq": verdict.head.seq, "hash": verdict.head.hash},
        "flaws": flaws.collect::<Vec<_>>(),
    });
    format!("{object}\n")
}

async fn export(accounts: &Accounts, file: AuditFile) -> Result<(), Failure> {
    if !print(&file.header())? {
        return Ok(());
    }
    let (everything, mut before) = (AuditSearch::default(), None);
    loop {
        let page = accounts
            .audit_trail(&everything, before, RECORDS_AT_A_TIME)
            .await?;
        let lines = page.records.iter().map(|record| file.line(record));
        before = page.next;
        if !print(&lines.collect::<String>())? || before.is_none() {
            return Ok(());
        }
    }
}
