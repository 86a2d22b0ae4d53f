//! Every range with its edges, and every way to write a host.

use super::*;

/// Each range of relay.md, section 7: its first address, its last one, and the neighbours before and after it that are
/// outside; `-` where there is none, or where it belongs to the next range.
const RANGES: [(&str, &str, &str, &str); 34] = [
    ("0.0.0.0", "0.255.255.255", "-", "1.0.0.0"),
    ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
    ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
    ("127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
    ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
    ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
    ("192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
    ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
    ("192.31.196.0", "192.31.196.255", "192.31.195.255", "192.31.197.0"),
    ("192.52.193.0", "192.52.193.255", "192.52.192.255", "192.52.194.0"),
    ("192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
    ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
    ("192.175.48.0", "192.175.48.255", "192.175.47.255", "192.175.49.0"),
    ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
    ("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
    ("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
    ("224.0.0.0", "239.255.255.255", "223.255.255.255", "-"),
    ("240.0.0.0", "255.255.255.255", "-", "-"),
    ("::", "::255.255.255.255", "-", "::1:0:0"),
    (
        "::ffff:0.0.0.0",
        "::ffff:255.255.255.255",
        "::fffe:ffff:ffff",
        "::1:0:0:0",
    ),
    (
        "64:ff9b::",
        "64:ff9b::255.255.255.255",
        "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff",
        "64:ff9b::1:0:0",
    ),
    (
        "64:ff9b:1::",
        "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
        "64:ff9b:0:ffff:ffff:ffff:ffff:ffff",
        "64:ff9b:2::",
    ),
    (
        "100::",
        "100::ffff:ffff:ffff:ffff",
        "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "-",
    ),
    ("100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", "-", "100:0:0:2::"),
    (
        "2001::",
        "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:200::",
    ),
    (
        "2001:db8::",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db9::",
    ),
    (
        "2002::",
        "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2003::",
    ),
    (
        "2620:4f:8000::",
        "2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
        "2620:4f:7fff:ffff:ffff:ffff:ffff:ffff",
        "2620:4f:8001::",
    ),
    (
        "3fff::",
        "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
        "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "3fff:1000::",
    ),
    (
        "5f00::",
        "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "5f01::",
    ),
    (
        "fc00::",
        "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fe00::",
    ),
    (
        "fe80::",
        "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "-",
    ),
    ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "-", "-"),
    ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "-", "-"),
];

/// An address as a number, each family for itself.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_bits().into(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

#[test]
fn r113_a_range_is_inside_from_its_first_address_to_its_last() {
    assert_eq!(RANGES.len(), INSIDE_V4.len() + INSIDE_V6.len());
    let read = |text: &str| -> IpAddr { text.parse().unwrap_or_else(|_| panic!("{text}")) };
    for (first, last, before, after) in RANGES {
        let (first, last) = (read(first), read(last));
        assert!(!is_public(first), "{first}");
        assert!(!is_public(last), "{last}");
        if before != "-" {
            assert!(is_public(read(before)), "{before}");
            assert_eq!(bits(read(before)) + 1, bits(first), "{before} is next to {first}");
        }
        if after != "-" {
            assert!(is_public(read(after)), "{after}");
            assert_eq!(bits(last) + 1, bits(read(after)), "{after} is next to {last}");
        }
    }
}

#[test]
fn an_inner_address_in_the_coat_of_another_is_inside() {
    for (address, coat) in [
        ("::ffff:127.0.0.1", "IPv4-mapped"),
        ("::ffff:8.8.8.8", "mapped, and public within"),
        ("::127.0.0.1", "IPv4-compatible"),
        ("::1", "loopback"),
        ("64:ff9b::169.254.169.254", "NAT64"),
        ("64:ff9b:1::a00:1", "NAT64 of one's own"),
        ("2002:7f00:1::", "6to4"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
        ("fd00:ec2::254", "metadata over IPv6"),
    ] {
        assert!(!is_public(address.parse().expect("an address")), "{coat}");
    }
    for address in ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4007:80e::2004"] {
        assert!(is_public(address.parse().expect("an address")), "{address}");
    }
}

#[test]
fn an_address_is_read_in_its_parts() {
    let read = |text: &str| check_url(text, false).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
    let url = read("https://Hooks.Example.com/a/b?key=1");
    assert_eq!((url.scheme, url.port), (Scheme::Https, 443));
    assert_eq!(
        (url.host.as_str(), url.path.as_str()),
        ("hooks.example.com", "/a/b?key=1")
    );
    assert_eq!(url.origin(), "https://hooks.example.com");
    assert_eq!(url.address(), None);
    assert!(!format!("{url:?}").contains("key"), "a path may be a secret");

    let url = read("HTTPS://hooks.example.com:8443");
    assert_eq!((url.port, url.path.as_str()), (8443, "/"));
    assert_eq!(url.origin(), "https://hooks.example.com:8443");

    assert_eq!(read("https://bücher.example/").host, "xn--bcher-kva.example");
    assert_eq!(read("https://8.8.8.8/").address(), Some(IpAddr::from([8, 8, 8, 8])));
    let google: IpAddr = "2606:4700:4700::1111".parse().expect("an address");
    assert_eq!(read("https://[2606:4700:4700::1111]/").address(), Some(google));
}

#[test]
fn r113_what_must_not_be_called_is_refused() {
    use UrlProblem::{Inside, OddHost, Port, Scheme, TrailingDot, Unreadable, UserPart};
    for (text, problem) in [
        ("", Unreadable),
        ("hooks.example.com/a", Unreadable),
        ("https:hooks.example.com/a", Unreadable),
        ("https:///hooks.example.com", Unreadable),
        ("https:10.0.0.1://hooks.example.com", Unreadable),
        ("https:ana@hooks.example.com://x.example", Unreadable),
        ("https://", Unreadable),
        (" https://example.com/", Unreadable),
        ("https://exam\tple.com/", Unreadable),
        ("https://example.com/\n", Unreadable),
        ("https://example.com\\@127.0.0.1/", Unreadable),
        ("https://example.com/#127.0.0.1", Unreadable),
        ("https://exa mple.com/", Unreadable),
        ("https://[fe80::1%25eth0]/", Unreadable),
        ("https://1.2.3.4.5/", Unreadable),
        ("https://example.com:99999/", Unreadable),
        ("http://example.com/", Scheme),
        ("ftp://example.com/", Scheme),
        ("file:///etc/passwd", Unreadable),
        ("https://example.com:80/", Port),
        ("https://example.com:8080/", Port),
        ("https://example.com:22/", Port),
        ("https://ana@example.com/", UserPart),
        ("https://ana:secret@example.com/", UserPart),
        ("https://@example.com/", UserPart),
        ("https://example.com@127.0.0.1/", UserPart),
        ("https://2130706433/", OddHost),
        ("https://134744072/", OddHost),
        ("https://0x7f.1/", OddHost),
        ("https://0x7f000001/", OddHost),
        ("https://0177.0.0.1/", OddHost),
        ("https://127.1/", OddHost),
        ("https://127.0.0.1./", OddHost),
        ("https://0/", OddHost),
        ("https://１２７.0.0.1/", OddHost),
        ("https://127。0。0。1/", OddHost),
        ("https://%31%32%37.0.0.1/", OddHost),
        ("https://ex%61mple.com/", OddHost),
        ("https://example.com./", TrailingDot),
        ("https://localhost./", TrailingDot),
        ("https://127.0.0.1/", Inside),
        ("https://127.0.0.1:8443/", Inside),
        ("https://10.1.2.3/", Inside),
        ("https://169.254.169.254/latest/meta-data/", Inside),
        ("https://[::1]/", Inside),
        ("https://[::ffff:10.0.0.1]/", Inside),
        ("https://[64:ff9b::7f00:1]/", Inside),
        ("https://localhost/", Inside),
        ("https://LOCALHOST/", Inside),
        ("https://app.localhost/", Inside),
        ("https://intranet/", Inside),
    ] {
        assert_eq!(check_url(text, false), Err(problem), "{text}");
    }
}

#[test]
fn the_local_system_may_reach_loopback_and_plain_http_and_nothing_else_inside() {
    for (text, port) in [
        ("http://127.0.0.1:4011/hook", 4011),
        ("https://127.0.0.1:4011/hook", 4011),
        ("http://localhost:4011", 4011),
        ("http://[::1]:4011/", 4011),
        ("http://hooks.example.com/", 80),
        ("https://hooks.example.com/", 443),
    ] {
        let read = check_url(text, true).map(|url| url.port);
        assert_eq!(read, Ok(port), "{text}");
    }
    for (text, problem) in [
        ("http://10.0.0.1/", UrlProblem::Inside),
        ("http://169.254.169.254/", UrlProblem::Inside),
        ("http://0.0.0.0:4011/", UrlProblem::Inside),
        ("http://[::ffff:127.0.0.1]/", UrlProblem::Inside),
        ("http://2130706433/", UrlProblem::OddHost),
        ("http://127.1/", UrlProblem::OddHost),
        ("http://ana@127.0.0.1/", UrlProblem::UserPart),
        ("https://hooks.example.com:9000/", UrlProblem::Port),
        ("ftp://127.0.0.1/", UrlProblem::Scheme),
    ] {
        assert_eq!(check_url(text, true), Err(problem), "{text}");
    }
    let ipv6 = check_url("http://[::1]:4011/", true).expect("loopback");
    assert_eq!(ipv6.origin(), "http://[::1]:4011");
    assert_eq!(ipv6.address(), "::1".parse().ok());
}
