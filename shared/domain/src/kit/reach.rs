//! Where a destination may be: nowhere inside (R113). What a name stands for is checked again when it is looked up.

use core::fmt;
// The addresses alone: the module for sockets is no business of the rules.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The ports of a destination: 443, and 8443 for those who run a second server.
const PORTS: [u16; 2] = [443, 8443];

/// The IPv4 networks that are not the public internet, or are somebody else's way into it (RFC 6890 and its registry):
/// first address and length of the prefix.
const INSIDE_V4: [([u8; 4], u32); 18] = [
    ([0, 0, 0, 0], 8),       // this network
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // shared by providers
    ([127, 0, 0, 0], 8),     // loopback; in Lambda the runtime's API
    ([169, 254, 0, 0], 16),  // link-local, and the metadata of clouds
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocol assignments
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 31, 196, 0], 24), // AS112
    ([192, 52, 193, 0], 24), // AMT
    ([192, 88, 99, 0], 24),  // relays of 6to4
    ([192, 168, 0, 0], 16),  // private
    ([192, 175, 48, 0], 24), // AS112
    ([198, 18, 0, 0], 15),   // benchmarks
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 4),     // multicast
    ([240, 0, 0, 0], 4),     // reserved, and broadcast
];

/// The same of IPv6. What carries an IPv4 address inside (mapped, NAT64, 6to4, Teredo) is refused as a whole.
const INSIDE_V6: [([u16; 8], u32); 16] = [
    ([0, 0, 0, 0, 0, 0, 0, 0], 96),              // unspecified, loopback, IPv4-compatible
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),         // IPv4-mapped
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),      // NAT64
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),      // NAT64 of one's own network
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64),          // discard
    ([0x100, 0, 0, 1, 0, 0, 0, 0], 64),          // dummy prefix
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),         // protocol assignments, Teredo among them
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),     // documentation
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),         // 6to4
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // AS112
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),         // documentation
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16),         // segment routing
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),          // unique local
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),         // link-local
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),         // site-local
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),          // multicast
];

/// Whether an address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !INSIDE_V4.iter().any(|(first, prefix)| {
            let other = v4.to_bits() ^ Ipv4Addr::from(*first).to_bits();
            other >> (Ipv4Addr::BITS - prefix) == 0
        }),
        IpAddr::V6(v6) => !INSIDE_V6.iter().any(|(first, prefix)| {
            let other = v6.to_bits() ^ Ipv6Addr::from(*first).to_bits();
            other >> (Ipv6Addr::BITS - prefix) == 0
        }),
    }
}

/// How the bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Over TLS.
    Https,
    /// In the clear: on one machine alone.
    Http,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Https => "https",
            Self::Http => "http",
        })
    }
}

/// An address that may be called, in its parts. Its path may be a secret, as a chat's is: `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct ParsedUrl {
    /// How the bytes travel.
    pub scheme: Scheme,
    /// A name in lower-case A-labels, an IPv4 address, or an IPv6 address in its brackets.
    pub host: String,
    /// The port, said or meant.
    pub port: u16,
    /// Path and query, with the slash in front.
    pub path: String,
}

impl fmt::Debug for ParsedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParsedUrl({}, path hidden)", self.origin())
    }
}

impl ParsedUrl {
    /// Scheme, host and port, as two addresses of one origin share them (RFC 6454).
    pub fn origin(&self) -> String {
        let usual = match self.scheme {
            Scheme::Https => 443,
            Scheme::Http => 80,
        };
        match self.port {
            port if port == usual => format!("{}://{}", self.scheme, self.host),
            port => format!("{}://{}:{port}", self.scheme, self.host),
        }
    }

    /// The IP address that the host is, if it is none that is looked up.
    pub fn address(&self) -> Option<IpAddr> {
        let bare = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        bare.unwrap_or(&self.host).parse().ok()
    }
}

/// Why an address is not to be called. It never holds the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlProblem {
    /// No URL, or one with white space, a backslash or a fragment.
    Unreadable,
    /// Not https.
    Scheme,
    /// Neither 443 nor 8443.
    Port,
    /// A user or a password before the host.
    UserPart,
    /// An IP address written as no address is: `2130706433`, `0x7f.1`, `0177.0.0.1`; a name in percent signs.
    OddHost,
    /// A name with a dot at its end.
    TrailingDot,
    /// An address inside, `localhost`, or a name without a dot.
    Inside,
}

/// Reads the address of a destination and refuses what must not be called. `local` allows plain http, and on loopback
/// every port: nothing else inside.
///
/// # Errors
/// The first [`UrlProblem`] found.
pub fn check_url(text: &str, local: bool) -> Result<ParsedUrl, UrlProblem> {
    // The parser passes over all of these, and then reads another host than a person does.
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '#')) {
        return Err(UrlProblem::Unreadable);
    }
    let (said, rest) = text.split_once("://").ok_or(UrlProblem::Unreadable)?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let url = Url::parse(text).map_err(|_| UrlProblem::Unreadable)?;
    if authority.is_empty() || !said.eq_ignore_ascii_case(url.scheme()) {
        return Err(UrlProblem::Unreadable);
    }
    let scheme = match url.scheme() {
        "https" => Scheme::Https,
        "http" if local => Scheme::Http,
        _ => return Err(UrlProblem::Scheme),
    };
    if authority.contains('@') {
        return Err(UrlProblem::UserPart);
    }
    let host = url.host().ok_or(UrlProblem::Unreadable)?;
    let is_loopback = check_host(&host, authority, local)?;
    let port = url.port_or_known_default().ok_or(UrlProblem::Port)?;
    if !(PORTS.contains(&port) || is_loopback || scheme == Scheme::Http) {
        return Err(UrlProblem::Port);
    }
    Ok(ParsedUrl {
        scheme,
        host: host.to_string(),
        port,
        path: url[url::Position::BeforePath..].to_owned(),
    })
}

/// Whether the host is loopback, which `local` allows; an error where it must not be called.
fn check_host(host: &Host<&str>, authority: &str, local: bool) -> Result<bool, UrlProblem> {
    let (is_loopback, is_inside) = match host {
        Host::Ipv4(v4) => {
            // An IPv4 address has no colon: what follows one is the port.
            if authority.split(':').next() != Some(&v4.to_string()) {
                return Err(UrlProblem::OddHost);
            }
            (v4.is_loopback(), !is_public(IpAddr::V4(*v4)))
        }
        Host::Ipv6(v6) => (v6.is_loopback(), !is_public(IpAddr::V6(*v6))),
        Host::Domain(_) if authority.contains('%') => return Err(UrlProblem::OddHost),
        Host::Domain(name) if name.ends_with('.') => return Err(UrlProblem::TrailingDot),
        Host::Domain(name) => {
            let is_loopback = *name == "localhost" || name.ends_with(".localhost");
            (is_loopback, is_loopback || !name.contains('.'))
        }
    };
    let is_allowed = local && is_loopback;
    if is_inside && !is_allowed {
        return Err(UrlProblem::Inside);
    }
    Ok(is_allowed)
}

#[cfg(test)]
mod tests;
