//! Devices, as their owners recognise them: a browser, a system, and the network it was on.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// A part of the internet small enough to tell places apart and too large to name a person: the /24 of an
/// IPv4 address, the /64 of an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Network(IpAddr);

impl Network {
    /// The network that an address is in. An IPv4 address written as IPv6 is an IPv4 address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Self(Ipv4Addr::new(a, b, c, 0).into())
            }
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
        }
    }

    /// Whether it is this very machine.
    pub fn is_loopback(self) -> bool {
        // Of IPv6 only one address is, and the first 64 bits of it are other machines' too: none of them is out on a network.
        self.0.is_loopback() || self.0 == IpAddr::V6(Ipv6Addr::UNSPECIFIED)
    }

    /// The reverse of `Display`; `None` for anything else.
    pub fn from_stored(stored: &str) -> Option<Self> {
        let (address, _) = stored.split_once('/')?;
        address.parse().ok().map(Self::of)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => write!(f, "{address}/24"),
            IpAddr::V6(address) => write!(f, "{address}/64"),
        }
    }
}

/// What is known of the device a request comes from. The browser's words for itself prove nothing: they help
/// a person to recognise their own devices, and decide nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    user_agent: String,
    network: Option<Network>,
}

impl Device {
    /// What is kept of a browser's words for itself, in bytes.
    pub const USER_AGENT_BYTES: usize = 256;

    /// A device by its `User-Agent` header, which is cut to its first 256 bytes, and its network if known.
    pub fn new(user_agent: &str, network: Option<Network>) -> Self {
        let end = user_agent.floor_char_boundary(Self::USER_AGENT_BYTES);
        Self {
            user_agent: user_agent[..end].to_owned(),
            network,
        }
    }

    /// The browser's own words for itself, at most 256 bytes.
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// Where it was.
    pub fn network(&self) -> Option<Network> {
        self.network
    }

    /// Browser and system in words, from closed lists: nothing that a browser says of itself is ever repeated.
    pub fn words(&self) -> Words {
        Words {
            browser: first_match(&self.user_agent, BROWSERS)
                .unwrap_or("Unknown browser")
                .into(),
            system: first_match(&self.user_agent, SYSTEMS).map(Cow::Borrowed),
        }
    }
}

/// Browser and system, such as "Firefox on Linux".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    browser: Cow<'static, str>,
    system: Option<Cow<'static, str>>,
}

impl Words {
    /// The browser's name, or what is said of one that has none.
    pub fn browser(&self) -> &str {
        &self.browser
    }

    /// The system's name, if it is known.
    pub fn system(&self) -> Option<&str> {
        self.system.as_deref()
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.system {
            Some(system) => write!(f, "{} on {system}", self.browser),
            None => f.write_str(&self.browser),
        }
    }
}

/// Browsers claim to be each other: whoever adds a name of its own to another's comes before the other.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("MicroMessenger/", "WeChat"),
    ("UCBrowser/", "UC Browser"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chromium"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("AppleWebKit/", "A WebKit browser"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
    ("python", "A Python program"),
    ("okhttp", "An Android app"),
    ("CFNetwork/", "An Apple app"),
    ("Go-http-client", "A Go program"),
    ("node", "A Node program"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("iPod", "iPod"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Darwin", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("OpenBSD", "OpenBSD"),
    ("Linux", "Linux"),
    ("X11", "Unix"),
];

fn first_match(user_agent: &str, names: &[(&str, &'static str)]) -> Option<&'static str> {
    let mut names = names.iter();
    names
        .find(|(part, _)| user_agent.contains(part))
        .map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_blocks() {
        for (address, network) in [
            ("203.0.113.77", "203.0.113.0/24"),
            ("127.0.0.1", "127.0.0.0/24"),
            ("::ffff:203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("::1", "::/64"),
        ] {
            let parsed = Network::of(address.parse().unwrap());
            assert_eq!(parsed.to_string(), network);
            assert_eq!(Network::from_stored(network), Some(parsed));
        }
        for stored in ["", "/", "x/24", "203.0.113.0"] {
            assert_eq!(Network::from_stored(stored), None);
        }
    }

    #[test]
    fn a_device_knows_where_it_is() {
        let network = Network::of("203.0.113.77".parse().unwrap());
        let device = Device::new("Testing/1.0", Some(network));
        assert_eq!(device.network(), Some(network));
        assert_eq!(Device::new("Testing/1.0", None).network(), None);
    }

    #[test]
    fn browsers_are_told_apart() {
        const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (user_agent, words) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                &format!(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
                ),
                "Edge on Windows",
            ),
            (
                &format!(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/140.0.0.0 Safari/537.36"
                ),
                "Chrome on Windows",
            ),
            (
                &format!(
                    "Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36"
                ),
                "Chrome on Android",
            ),
            (
                &format!(
                    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/140.0.0.0 Safari/537.36"
                ),
                "Chrome on ChromeOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
                "Safari on macOS",
            ),
            ("curl/8.5.0", "curl"),
            ("<script>alert(1)</script>", "Unknown browser"),
            ("", "Unknown browser"),
        ] {
            assert_eq!(Device::new(user_agent, None).words().to_string(), words);
        }
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let device = Device::new(&"é".repeat(200), None);
        assert_eq!(device.user_agent().len(), 256);
        let device = Device::new(&format!("x{}", "é".repeat(200)), None);
        assert_eq!(device.user_agent().len(), 255);
    }
}
