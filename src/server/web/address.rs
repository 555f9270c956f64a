//! Where a request comes from: the address of its socket, or what a proxy of ours says of it.

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The client's address, if the socket's is known. Each proxy appends the address that it was called from, so the
/// list is believed from its end, as far as proxies of ours have written it.
pub fn of_client(
    headers: &HeaderMap,
    extensions: &Extensions,
    trusted: &[IpNet],
) -> Option<IpAddr> {
    let ConnectInfo(socket) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut address = socket.ip().to_canonical();
    if !is_trusted(address) {
        return Some(address);
    }
    let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
    let entries = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    for entry in entries {
        match parse(entry.trim()) {
            Some(before) => address = before,
            None => break, // what stands before it was written by nobody we know
        }
        if !is_trusted(address) {
            break;
        }
    }
    Some(address)
}

/// An address, or one with a port, as some proxies write it.
fn parse(entry: &str) -> Option<IpAddr> {
    let address = entry.parse::<IpAddr>();
    let address = address.or_else(|_| entry.parse().map(|socket: SocketAddr| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_list_is_believed_as_far_as_we_wrote_it() {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "::1/128"]
            .iter()
            .map(|network| network.parse().expect("a network"))
            .collect();
        for (peer, lines, expected) in [
            ("192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("::ffff:10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("::1", &["2001:db8::7"], "2001:db8::7"),
            // What the client itself claims stands further left.
            ("10.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            (
                "10.0.0.1",
                &["203.0.113.9", "198.51.100.7, 10.0.0.2"],
                "198.51.100.7",
            ),
            ("10.0.0.1", &["10.9.9.9,10.0.0.2"], "10.9.9.9"),
            ("10.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
            ("10.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("10.0.0.1", &["198.51.100.7, nonsense"], "10.0.0.1"),
            (
                "10.0.0.1",
                &["198.51.100.7, nonsense, 10.0.0.2"],
                "10.0.0.2",
            ),
            ("10.0.0.1", &[""], "10.0.0.1"),
            ("10.0.0.1", &["unknown"], "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(X_FORWARDED_FOR, HeaderValue::from_static(line));
            }
            let mut extensions = Extensions::new();
            let peer: IpAddr = peer.parse().expect("an address");
            extensions.insert(ConnectInfo(SocketAddr::new(peer, 4711)));
            let found = of_client(&headers, &extensions, &trusted);
            assert_eq!(found, expected.parse().ok(), "{peer} {lines:?}");
        }
        assert_eq!(
            of_client(&HeaderMap::new(), &Extensions::new(), &trusted),
            None
        );
    }
}
