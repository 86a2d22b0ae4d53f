//! What may be reached: the public web and nothing of one's own (R113).
//!
//! A URL is read once, by the parser that browsers use, and what was read is what is called: no second parser sees the
//! text, so none can take another host out of it.

use std::net::IpAddr;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError, SharedDnsResolver};
use piste_domain::kit::reach::is_public;
use url::{Host, Url};

/// How far calls may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The public web.
    Public,
    /// The public web, and this machine by any port and without TLS.
    Local,
}

impl Reach {
    /// The URL as it is to be called; `None` where it is not to be. A name is judged again by its addresses.
    pub(super) fn url(self, text: &str) -> Option<Url> {
        let url = Url::parse(text).ok()?;
        let bare = url.username().is_empty() && url.password().is_none();
        let host = url.host()?;
        let may = if self == Self::Local && is_here(&host) {
            matches!(url.scheme(), "http" | "https")
        } else {
            let public = match host {
                Host::Domain(name) => !name.ends_with('.'),
                Host::Ipv4(ip) => is_public(ip.into()),
                Host::Ipv6(ip) => is_public(ip.into()),
            };
            public && url.scheme() == "https" && matches!(url.port_or_known_default(), Some(443 | 8443))
        };
        (bare && may).then_some(url)
    }

    /// Whether a connection to this address may be opened.
    fn address(self, ip: IpAddr) -> bool {
        is_public(ip) || (self == Self::Local && ip.is_loopback())
    }
}

/// Whether a host is this machine by its own word.
fn is_here(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

/// A name leads to an address that is not to be reached.
#[derive(Debug, thiserror::Error)]
#[error("not to be reached")]
pub(super) struct Forbidden;

/// Asks for a name's addresses once and hands on those it has judged: the connection is opened to them, so a second
/// answer of the name's owner comes too late. One address that is not public condemns the name, whichever would be taken.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) lookup: SharedDnsResolver,
    pub(super) reach: Reach,
}

impl ResolveDns for Judged {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let addresses = self.lookup.resolve_dns(name).await?;
            if addresses.iter().all(|ip| self.reach.address(*ip)) {
                Ok(addresses)
            } else {
                Err(ResolveDnsError::new(Forbidden))
            }
        })
    }
}

/// The platform's own look-up.
#[derive(Debug)]
pub(super) struct System;

impl ResolveDns for System {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = tokio::net::lookup_host((name, 0)).await.map_err(ResolveDnsError::new)?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().expect("an address"))
    }

    /// Of each range: its first address, its last, and the neighbours on both sides that belong to no range.
    const RANGES: [(&str, &str, &[&str]); 34] = [
        ("0.0.0.0", "0.255.255.255", &["1.0.0.0"]),
        ("10.0.0.0", "10.255.255.255", &["9.255.255.255", "11.0.0.0"]),
        ("100.64.0.0", "100.127.255.255", &["100.63.255.255", "100.128.0.0"]),
        ("127.0.0.0", "127.255.255.255", &["126.255.255.255", "128.0.0.0"]),
        ("169.254.0.0", "169.254.255.255", &["169.253.255.255", "169.255.0.0"]),
        ("172.16.0.0", "172.31.255.255", &["172.15.255.255", "172.32.0.0"]),
        ("192.0.0.0", "192.0.0.255", &["191.255.255.255", "192.0.1.0"]),
        ("192.0.2.0", "192.0.2.255", &["192.0.1.255", "192.0.3.0"]),
        ("192.31.196.0", "192.31.196.255", &["192.31.195.255", "192.31.197.0"]),
        ("192.52.193.0", "192.52.193.255", &["192.52.192.255", "192.52.194.0"]),
        ("192.88.99.0", "192.88.99.255", &["192.88.98.255", "192.88.100.0"]),
        ("192.168.0.0", "192.168.255.255", &["192.167.255.255", "192.169.0.0"]),
        ("192.175.48.0", "192.175.48.255", &["192.175.47.255", "192.175.49.0"]),
        ("198.18.0.0", "198.19.255.255", &["198.17.255.255", "198.20.0.0"]),
        ("198.51.100.0", "198.51.100.255", &["198.51.99.255", "198.51.101.0"]),
        ("203.0.113.0", "203.0.113.255", &["203.0.112.255", "203.0.114.0"]),
        ("224.0.0.0", "239.255.255.255", &["223.255.255.255"]),
        ("240.0.0.0", "255.255.255.255", &[]),
        ("::", "::255.255.255.255", &["::1:0:0"]),
        (
            "::ffff:0:0",
            "::ffff:255.255.255.255",
            &["::fffe:ffff:ffff", "::1:0:0:0"],
        ),
        (
            "64:ff9b::",
            "64:ff9b::255.255.255.255",
            &["64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", "64:ff9b::1:0:0"],
        ),
        (
            "64:ff9b:1::",
            "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
            &["64:ff9b:0:ffff:ffff:ffff:ffff:ffff", "64:ff9b:2::"],
        ),
        (
            "100::",
            "100::ffff:ffff:ffff:ffff",
            &["ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
        ),
        ("100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", &["100:0:0:2::"]),
        (
            "2001::",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            &["2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"],
        ),
        (
            "2001:db8::",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            &["2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"],
        ),
        (
            "2002::",
            "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            &["2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"],
        ),
        (
            "2620:4f:8000::",
            "2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
            &["2620:4f:7fff:ffff:ffff:ffff:ffff:ffff", "2620:4f:8001::"],
        ),
        (
            "3fff::",
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            &["3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"],
        ),
        (
            "5f00::",
            "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            &["5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5f01::"],
        ),
        (
            "fc00::",
            "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            &["fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe00::"],
        ),
        (
            "fe80::",
            "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            &["fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
        ),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
    ];

    #[test]
    fn r113_every_range_is_closed_from_its_first_address_to_its_last() {
        for (first, last, outside) in RANGES {
            assert!(!public(first), "{first} is the first of its range");
            assert!(!public(last), "{last} is the last of its range");
            for neighbour in outside {
                assert!(public(neighbour), "{neighbour} is beside the range of {first}");
            }
        }
    }

    #[test]
    fn addresses_that_matter_most() {
        let closed = [
            "127.0.0.1",          // the runtime's API inside Lambda
            "169.254.169.254",    // metadata
            "169.254.100.1",      // the telemetry daemon of Lambda
            "fd00:ec2::254",      // metadata by IPv6
            "100.100.100.200",    // metadata elsewhere
            "::1",                // loopback
            "::7f00:1",           // loopback, IPv4-compatible
            "::ffff:127.0.0.1",   // loopback, IPv4-mapped
            "::ffff:8.8.8.8",     // mapped is refused whatever it carries
            "64:ff9b::a9fe:a9fe", // metadata by NAT64
            "2002:7f00:1::",      // loopback by 6to4
            "2001:0:7f00:1::",    // Teredo
            "fec0::1",            // site-local
            "ff02::1",            // multicast
        ];
        for ip in closed {
            assert!(!public(ip), "{ip}");
        }
        for ip in [
            "8.8.8.8",
            "1.1.1.1",
            "93.184.215.14",
            "2606:4700:4700::1111",
            "2a00:1450:4001:800::200e",
        ] {
            assert!(public(ip), "{ip}");
        }
    }

    #[test]
    fn r113_urls_that_are_not_to_be_called() {
        let refused = [
            // Schemes, and texts that are no address.
            "http://example.com/",
            "ftp://example.com/",
            "ws://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "data:text/plain,x",
            "javascript:1",
            "unix:/var/run/docker.sock",
            "//example.com/",
            "example.com",
            "https://",
            "https:///",
            "",
            // Ports.
            "https://example.com:80/",
            "https://example.com:22/",
            "https://example.com:444/",
            "https://example.com:6379/",
            "https://example.com:0/",
            "https://example.com:65536/",
            // User parts, also where they hide the host.
            "https://user@example.com/",
            "https://user:password@example.com/",
            "https://:password@example.com/",
            "https://example.com@127.0.0.1/",
            "https://example.com:443@169.254.169.254/",
            "https://127.0.0.1\\@example.com/",
            // Names that are none.
            "https://example.com./",
            "https://exa mple.com/",
            "https://example.com%00.example/",
            "https://exa<mple.com/",
            // Literals: plain, short, decimal, octal, hex, mixed, with a dot behind, escaped, in wide digits.
            "https://127.0.0.1/",
            "https://127.0.0.1:8443/",
            "https://127.1/",
            "https://127.0.1/",
            "https://0/",
            "https://2130706433/",
            "https://017700000001/",
            "https://0177.0.0.1/",
            "https://0x7f000001/",
            "https://0x7f.1/",
            "https://0X7F.0x0.0.01/",
            "https://127.0.0.1./",
            "https://2130706433./",
            "https://%31%32%37.0.0.1/",
            "https://１２７.０.０.１/",
            "https://127。0。0。1/",
            "https://⑩.0.0.1/",
            "https://256.0.0.1/",
            "https://4294967296/",
            "https://1.2.3.4.5/",
            "https://10.0.0.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://2852039166/",
            "https://0xa9fea9fe/",
            "https://0251.0376.0251.0376/",
            "https://192.168.257/",
            "https://[::]/",
            "https://[::1]/",
            "https://[0:0:0:0:0:0:0:1]/",
            "https://[::127.0.0.1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://[64:ff9b::10.0.0.1]/",
            "https://[2002:a00:1::]/",
            "https://[2001::1]/",
            "https://[fd00:ec2::254]/",
            "https://[fe80::1]/",
            "https://[fe80::1%25eth0]/",
            "https://[fec0::1]/",
            "https://::1/",
        ];
        for url in refused {
            assert_eq!(Reach::Public.url(url), None, "{url}");
        }
        for text in refused {
            let called = Reach::Local.url(text);
            let here = called
                .as_ref()
                .is_none_or(|url| url.host().as_ref().is_some_and(is_here));
            assert!(here, "{text} from the local system");
        }
    }

    #[test]
    fn urls_are_called_as_they_were_read() {
        let called = [
            ("https://example.com", "https://example.com/"),
            ("https://example.com:443/a?b=c%27d#e", "https://example.com/a?b=c%27d#e"),
            ("https://example.com:8443/a", "https://example.com:8443/a"),
            ("HTTPS://EXAMPLE.com/A", "https://example.com/A"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
            ("https://ｅｘａｍｐｌｅ.com/", "https://example.com/"),
            ("https://@example.com/", "https://example.com/"),
            ("https://example.com\\@127.0.0.1/", "https://example.com/@127.0.0.1/"),
            ("https://example.com/@127.0.0.1", "https://example.com/@127.0.0.1"),
            ("https://example.com#@127.0.0.1/", "https://example.com/#@127.0.0.1/"),
            ("https://127.0.0.1.example.com/", "https://127.0.0.1.example.com/"),
            ("https://8.8.8.8/", "https://8.8.8.8/"),
            ("https://134744072/", "https://8.8.8.8/"),
            ("https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/"),
            // A name is judged by its addresses.
            ("https://localhost/", "https://localhost/"),
        ];
        for (text, url) in called {
            assert_eq!(Reach::Public.url(text).as_ref().map(Url::as_str), Some(url), "{text}");
        }
    }

    #[test]
    fn the_local_system_reaches_this_machine_beside_the_public_web() {
        for url in [
            "http://localhost:8080/",
            "http://127.0.0.1:1/",
            "http://[::1]:99/",
            "https://127.0.0.2/",
            "http://0x7f.1/",
        ] {
            assert!(Reach::Local.url(url).is_some(), "{url}");
            assert!(Reach::Public.url(url).is_none(), "{url}");
        }
        for url in [
            "http://user@localhost:8080/",
            "ftp://localhost/",
            "http://example.com/",
            "https://example.com:8080/",
            "http://192.168.0.1/",
            "https://0.0.0.0/",
            "https://[::ffff:127.0.0.1]/",
        ] {
            assert!(Reach::Local.url(url).is_none(), "{url}");
        }
        for (ip, may) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("8.8.8.8", true),
            ("10.0.0.1", false),
            ("169.254.169.254", false),
        ] {
            assert_eq!(Reach::Local.address(ip.parse().expect("an address")), may, "{ip}");
        }
    }
}
