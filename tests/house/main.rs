//! Checks of the house itself: what may lie in which room, and whether the template, the API description and the
//! campaigns still say what the code does.

mod api;
mod ci;
mod deployer;
mod docs;
mod functions;
mod keys;
mod logs;
mod manual;
mod requirements;
mod rooms;
mod template;
mod texts;
mod tidy;
mod values;
