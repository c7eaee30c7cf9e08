//! The program that libFuzzer drives. Which target it knocks at, `FUZZ_TARGET` says.

#![no_main]

use fuzz::{TARGETS, Target};
use std::sync::LazyLock;

libfuzzer_sys::fuzz_target!(|input: &[u8]| (TARGET.take)(input));

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let target = TARGETS.iter().find(|target| target.name == name);
    target.unwrap_or_else(|| panic!("FUZZ_TARGET is {name:?}, which no target is called"))
});
