//! What the tests are made of: the real binaries, and loopback engines around them.

pub mod binaries;
pub mod documents;
pub mod gauge;
pub mod proxy;
pub mod runtime_api;
pub mod work;
