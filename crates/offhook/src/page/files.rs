//! The files of the page, compiled in, and packed once, when the first of them is asked for. The styles stand
//! in the page itself, so that it is painted as soon as it is there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::LazyLock;

/// A file, ready to be sent.
pub(super) struct Asset {
    pub(super) kind: &'static str,
    pub(super) plain: Bytes,
    pub(super) tag: String,
    pub(super) packed: Bytes,
    pub(super) packed_tag: String,
}

/// The file of this name, if it is one of the page's.
pub(super) fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.get(name)
}

/// Names all files as they are: another one as soon as any of them changes.
pub(super) fn version() -> &'static str {
    &VERSION
}

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut all = Sha256::new();
    for (name, content) in FILES {
        all.update(name.as_bytes());
        all.update(content);
    }
    shortened(&all.finalize())
});

/// By what a browser knows the styles in the page as ours (Content Security Policy Level 3, section 2.3.1).
pub(super) fn style_source() -> &'static str {
    &STYLE_SOURCE
}

static STYLE: LazyLock<String> = LazyLock::new(|| STYLES.iter().map(|(_, content)| *content).collect());

static STYLE_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE.as_bytes()))));

static ASSETS: LazyLock<BTreeMap<&'static str, Asset>> =
    LazyLock::new(|| FILES.iter().map(|(name, content)| (*name, prepared(name, content))).collect());

fn prepared(name: &str, content: &'static str) -> Asset {
    // The page alone names the others with their version: they name each other beside them.
    let content = content.replace(VERSION_MARK, version()).replace(STYLE_MARK, &STYLE);
    let digest = shortened(&Sha256::digest(content.as_bytes()));
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    // What is packed into memory can't fail; were it to, the file would go out as it is.
    let packed = packer.write_all(content.as_bytes()).and_then(|()| packer.finish()).unwrap_or_default();
    Asset {
        kind: kind(name),
        plain: Bytes::from(content),
        tag: format!("\"{digest}\""),
        packed: Bytes::from(packed),
        packed_tag: format!("\"{digest}-gzip\""),
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

fn shortened(digest: &[u8]) -> String {
    hex::encode(&digest[..8])
}

/// Stands in the page for the version of its files.
const VERSION_MARK: &str = "{version}";
/// Stands in it for the styles.
const STYLE_MARK: &str = "{style}";

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../page/", $name)))),*]
    };
}

/// What stands in the page itself.
pub(super) const STYLES: &[(&str, &str)] = files!["page.css", "views.css"];
/// All others; a test holds both against the folder.
pub(super) const FILES: &[(&str, &str)] = files![
    "actions.js",
    "api.js",
    "calls.js",
    "chart.js",
    "dom.js",
    "feed.js",
    "figures.js",
    "gate.js",
    "health.js",
    "history.js",
    "icon.svg",
    "index.html",
    "lines.js",
    "listening.js",
    "live.js",
    "login.js",
    "look.js",
    "main.js",
    "meter.js",
    "network.js",
    "place.js",
    "recording.js",
    "recovery.js",
    "rows.js",
    "speaker.js",
    "story.js",
    "timeline.js",
    "words.js",
];
