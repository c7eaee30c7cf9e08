//! The network as its users see it: requests in, replies and webhooks out, and the truth beside.

#![allow(clippy::unwrap_used, missing_docs)]

mod calls;
mod control;
mod customer;
mod faults;
mod listing;
mod media;
mod owned;
mod page;
mod plivo_media;
mod sockets;
mod telnyx;
mod telnyx_commands;
mod telnyx_faults;
mod telnyx_media;
mod telnyx_talk;
mod telnyx_transfer;
mod twilio_media;
mod twiml;
mod twiml_talk;
