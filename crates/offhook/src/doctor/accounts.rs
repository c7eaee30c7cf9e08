//! The carriers' accounts: whether each lets us in, and how its clock stands to ours.
//!
//! One harmless request is sent to each: the first of the listing of live calls, which the gateway
//! sends all day long.

use std::time::{Duration, Instant};

use call::PhoneNumber;
use carrier::send::Sender;
use carrier::{Next, Reply, SendError};
use engine::{Clock as _, Line, SystemClock};

use super::finding::Finding;
use super::{clock, shown};
use crate::config::settings::{CarrierKind, Config, Face, Inbound, Simulated};

/// One carrier's account, and what the configuration says of it.
pub(super) struct Account {
    /// The carrier's name in the configuration.
    pub(super) name: String,
    /// Whose interface it has.
    pub(super) brand: Brand,
    /// Where the simulated network is, if it is on that.
    pub(super) simulated_at: Option<String>,
    /// Where it reaches us.
    pub(super) callback_base: String,
    /// Our numbers at it whose callers are answered.
    pub(super) called: Vec<PhoneNumber>,
    /// Whether a gateway runs here, which would have started the simulated network.
    pub(super) is_running: bool,
    /// The carrier itself.
    pub(super) line: Line,
}

/// Whose interface a carrier has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brand {
    Twilio,
    Telnyx,
    Plivo,
}

/// What was answered to the request that shows whether we are let in.
pub(super) struct Answer {
    /// The reply, or why there is none.
    pub(super) reply: Result<Reply, SendError>,
    /// What is wrong with the reply, in the connector's words.
    pub(super) fault: Option<String>,
    /// How long it took.
    pub(super) took: Duration,
}

/// The accounts of a configuration.
///
/// # Errors
/// One of them can't be opened.
pub(super) fn of(config: &Config, is_running: bool) -> anyhow::Result<Vec<Account>> {
    let public_url = crate::serve::public_url(config, config.listen);
    let lines = crate::serve::lines(config, &public_url, None)?;
    let accounts = config.carriers.iter().zip(lines).map(|((name, carrier), line)| Account {
        name: name.clone(),
        brand: Brand::of(&carrier.kind),
        simulated_at: match &carrier.kind {
            CarrierKind::Simulated(simulated) => Some(simulated.base_url.as_str().to_owned()),
            CarrierKind::Twilio(_) | CarrierKind::Telnyx(_) | CarrierKind::Plivo(_) => None,
        },
        callback_base: crate::serve::callback_base(&public_url, name),
        called: called(config, name),
        is_running,
        line,
    });
    Ok(accounts.collect())
}

/// None where nobody can say at which address the gateway hears of them.
fn called(config: &Config, carrier: &str) -> Vec<PhoneNumber> {
    if config.public_url.is_none() && config.listen.port() == 0 {
        return Vec::new();
    }
    let ours = config
        .numbers
        .iter()
        .filter(|(_, number)| number.carrier == carrier && number.inbound != Inbound::Deny);
    ours.filter_map(|(digits, _)| digits.parse().ok()).collect()
}

/// Asks one carrier. Whether it let us in, and the findings.
pub(super) async fn examine(account: &Account, sender: &Sender) -> (bool, Vec<Finding>) {
    let carrier = &account.line.carrier;
    let Next::Ask(request) = carrier.list_live(&[]) else { return (false, Vec::new()) };
    let since = Instant::now();
    let reply = sender.send(&request, account.line.request_timeout).await;
    let (took, received) = (since.elapsed(), SystemClock.now());
    let fault = reply.as_ref().ok().and_then(|reply| match carrier.list_live(std::slice::from_ref(reply)) {
        Next::Done(Err(unknown)) => Some(unknown.detail),
        Next::Done(Ok(_)) | Next::Ask(_) => None,
    });
    let date = reply.as_ref().ok().and_then(Reply::date);
    let answer = Answer { reply, fault, took };
    let is_in = matches!(&answer.reply, Ok(reply) if reply.status == 200) && answer.fault.is_none();
    let mut findings = vec![judge(account, &answer)];
    findings.extend(date.map(|date| clock::examine(&account.name, account.brand, date, received, took)));
    (is_in, findings)
}

/// What an answer says of the credentials.
pub(super) fn judge(account: &Account, answer: &Answer) -> Finding {
    let name = &account.name;
    let reply = match &answer.reply {
        Ok(reply) => reply,
        Err(error) => return unreached(account, error),
    };
    let said = answer.fault.clone().unwrap_or_else(|| format!("HTTP {}", reply.status));
    match reply.status {
        200 if answer.fault.is_none() => {
            Finding::ok("credentials", format!("{name} lets us in, in {} ms", answer.took.as_millis()))
        }
        401 | 403 => {
            let what = format!("{name} does not accept our credentials ({said})");
            Finding::failed("credentials", what, account.way_in())
        }
        404 => {
            let what = format!("{name} doesn't know {} ({said})", account.brand.named_by());
            Finding::failed("credentials", what, account.way_to_name())
        }
        429 => Finding::note(
            "credentials",
            format!("{name} takes no more requests for now ({said}): whether it lets us in isn't known"),
            "ask again in a minute",
        ),
        500.. => Finding::warning(
            "credentials",
            format!("{name} is in trouble itself ({said})"),
            "ask again later, and look at its status page",
        ),
        _ => Finding::failed(
            "credentials",
            format!("what answers for {name} isn't {}'s API ({said})", account.brand.word()),
            format!("check base_url in [carriers.{name}]; without it the carrier's own address is used"),
        ),
    }
}

fn unreached(account: &Account, error: &SendError) -> Finding {
    let name = &account.name;
    match &account.simulated_at {
        // `serve` starts it.
        Some(at) if !account.is_running => Finding::note(
            "credentials",
            format!("{name}: the simulated network is not there: nobody answers at {at}"),
            "'offhook serve' starts it if it is to be on this machine; 'offhook sim' does at any time",
        ),
        Some(at) => Finding::failed(
            "credentials",
            format!("{name}: the simulated network at {at} is not reached ({})", shown(error)),
            "start it with 'offhook sim', or restart the gateway",
        ),
        None => Finding::failed(
            "credentials",
            format!("{name} is not reached ({})", shown(error)),
            "see that this machine may connect to the carrier: DNS, firewall, and base_url if you set one",
        ),
    }
}

impl Account {
    /// What to check when credentials are refused.
    fn way_in(&self) -> String {
        let section = format!("[carriers.{}]", self.name);
        if self.simulated_at.is_some() {
            return format!("the network was given others; without any in {section} its own are used");
        }
        match self.brand {
            Brand::Twilio => format!(
                "check account_sid and auth_token, or the API key, in {section}: a key of another region is \
                 refused, and so is a suspended account"
            ),
            Brand::Telnyx => {
                format!("check api_key in {section}: a v2 key, KEY…, from API Keys in the Telnyx portal")
            }
            Brand::Plivo => {
                format!(
                    "check auth_id and auth_token in {section}: a subaccount, SA…, has a token of its own"
                )
            }
        }
    }

    /// What to check when what names the account isn't known.
    fn way_to_name(&self) -> String {
        let section = format!("[carriers.{}]", self.name);
        match self.brand {
            Brand::Twilio => format!("check account_sid in {section}, and region and edge if you set them"),
            Brand::Telnyx => format!(
                "check connection_id in {section}: the id of a Call Control application of the key's account"
            ),
            Brand::Plivo => format!("check auth_id in {section}"),
        }
    }
}

impl Brand {
    fn of(kind: &CarrierKind) -> Brand {
        match kind {
            CarrierKind::Twilio(_) | CarrierKind::Simulated(Simulated { face: Face::Twilio { .. }, .. }) => {
                Brand::Twilio
            }
            CarrierKind::Telnyx(_) | CarrierKind::Simulated(Simulated { face: Face::Telnyx { .. }, .. }) => {
                Brand::Telnyx
            }
            CarrierKind::Plivo(_) | CarrierKind::Simulated(Simulated { face: Face::Plivo { .. }, .. }) => {
                Brand::Plivo
            }
        }
    }

    /// Its name for people.
    fn word(self) -> &'static str {
        match self {
            Brand::Twilio => "Twilio",
            Brand::Telnyx => "Telnyx",
            Brand::Plivo => "Plivo",
        }
    }

    /// By what its addresses name an account.
    fn named_by(self) -> &'static str {
        match self {
            Brand::Twilio => "account_sid",
            Brand::Telnyx => "connection_id",
            Brand::Plivo => "auth_id",
        }
    }
}
