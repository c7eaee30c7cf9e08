//! What can be told without asking anybody: the file in use, the store's place, and whether the
//! public address can be one.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use url::{Host, Url};

use super::finding::Finding;
use crate::config::settings::{BaseUrl, CarrierKind, Config, Inbound, StoreUrl};
use crate::config::{Loaded, Source};

/// Examines a configuration that has no fault.
pub(super) fn examine(loaded: &Loaded) -> Vec<Finding> {
    let StoreUrl::Sqlite(path) = &loaded.config.store.url;
    let mut findings = vec![configuration(&loaded.source), store(path)];
    findings.extend(public_url(&loaded.config));
    findings
}

fn configuration(source: &Source) -> Finding {
    match source {
        Source::File(path) => Finding::ok("configuration", path.display().to_string()),
        Source::BuiltIn => Finding::note(
            "configuration",
            "no file: the gateway runs on the simulated network, where no phone rings",
            "'offhook init' writes one of your own",
        ),
    }
}

/// Whether the store's files can be written, as far as that shows without writing them: a running
/// gateway holds them.
fn store(path: &Path) -> Finding {
    let shown = path.display();
    let refuse = |why: String| {
        let way_out = "give the files to the user that the gateway runs as, or set store.url to another path";
        Finding::failed("store", format!("{shown}: {why}"), way_out)
    };
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let found = match fs::metadata(path) {
        Ok(found) if !found.is_file() => return refuse("it is no file".to_owned()),
        Ok(found) if found.permissions().readonly() => return refuse("it is read-only".to_owned()),
        // Its mode lets nobody read who can't write.
        Ok(_) => File::open(path).map(|_| ""),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(", made at the first start"),
        Err(error) => Err(error),
    };
    let remark = match found {
        Ok(remark) => remark,
        Err(error) => return refuse(error.to_string()),
    };
    let folder = parent.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    match tempfile::tempfile_in(folder) {
        Ok(_) => Finding::ok("store", format!("{shown}{remark}")),
        Err(error) => refuse(format!("nothing can be written to {}: {error}", folder.display())),
    }
}

/// Whether the public address can be reached by anybody outside, judged by its looks.
pub(super) fn public_url(config: &Config) -> Option<Finding> {
    let real = config.carriers.iter().find(|(_, carrier)| is_real(&carrier.kind)).map(|(name, _)| name);
    match (&config.public_url, real) {
        (None, None) => None,
        (None, Some(carrier)) => Some(without_public_url(config, carrier)),
        (Some(url), None) => Some(Finding::ok("public_url", url.as_str())),
        (Some(url), Some(carrier)) => Some(match hidden(url) {
            None => Finding::ok("public_url", url.as_str()),
            Some(why) => Finding::failed(
                "public_url",
                format!("{url} is {why}: {carrier} can't reach it, and refuses calls that name it"),
                "set public_url to the https address of a proxy or tunnel that leads to this gateway",
            ),
        }),
    }
}

fn without_public_url(config: &Config, carrier: &str) -> Finding {
    let is_called = |name: &str| config.carriers.get(name).is_some_and(|carrier| is_real(&carrier.kind));
    let way_out = "set public_url to the https address of a proxy or tunnel that leads to this gateway";
    let called = config
        .numbers
        .iter()
        .find(|(_, number)| number.inbound != Inbound::Deny && is_called(&number.carrier));
    match called {
        Some((number, settings)) => {
            let what =
                format!("none, so that {} can't ask what to do with calls to {number}", settings.carrier);
            Finding::failed("public_url", what, way_out)
        }
        None => Finding::note(
            "public_url",
            format!("none: {carrier} tells nothing, and what becomes of calls is learnt by looks"),
            way_out,
        ),
    }
}

/// Whether a carrier is one out there, and no double on this machine.
fn is_real(kind: &CarrierKind) -> bool {
    let base_url = match kind {
        CarrierKind::Twilio(twilio) => &twilio.base_url,
        CarrierKind::Telnyx(telnyx) => &telnyx.base_url,
        CarrierKind::Plivo(plivo) => &plivo.base_url,
        CarrierKind::Simulated(_) => return false,
    };
    base_url.as_ref().is_none_or(|url| hidden(url).is_none())
}

/// Why nobody outside can reach an address; `None` if they might.
fn hidden(url: &BaseUrl) -> Option<&'static str> {
    let url = Url::parse(url.as_str()).ok()?;
    match url.host()? {
        Host::Ipv4(ip) => hidden_v4(ip),
        Host::Ipv6(ip) => hidden_v6(ip),
        Host::Domain(name) => hidden_name(name.trim_end_matches('.')),
    }
}

fn hidden_name(name: &str) -> Option<&'static str> {
    if name == "localhost" || name.ends_with(".localhost") {
        return Some("an address of this machine alone");
    }
    let is_local = !name.contains('.') || LOCAL.iter().any(|end| name.ends_with(end));
    is_local.then_some("a name of the local network")
}

fn hidden_v4(ip: Ipv4Addr) -> Option<&'static str> {
    let [first, second, ..] = ip.octets();
    // RFC 6598: behind a provider's translation.
    let is_shared = first == 100 && (64..128).contains(&second);
    if ip.is_loopback() || ip.is_unspecified() {
        return Some("an address of this machine alone");
    }
    (ip.is_private() || ip.is_link_local() || is_shared).then_some("an address of the local network")
}

fn hidden_v6(ip: Ipv6Addr) -> Option<&'static str> {
    if let Some(ip) = ip.to_ipv4_mapped() {
        return hidden_v4(ip);
    }
    if ip.is_loopback() || ip.is_unspecified() {
        return Some("an address of this machine alone");
    }
    (ip.is_unique_local() || ip.is_unicast_link_local()).then_some("an address of the local network")
}

/// Names that mean nothing outside (RFC 6762, RFC 8375, RFC 6761, and usage).
const LOCAL: [&str; 7] = [".local", ".internal", ".lan", ".home.arpa", ".test", ".invalid", ".example"];

#[cfg(test)]
mod tests;
