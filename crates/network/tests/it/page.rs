//! The page about the network, `docs/simulated-network.md`: what it has people type works, and it
//! lacks nothing that there is.

use http::Method;
use network::Fault;
use std::path::Path;

use crate::customer::Customer;

#[test]
fn every_request_on_the_page_is_carried_out() {
    let page = page();
    let requests: Vec<&str> = page.lines().filter(|line| line.starts_with("curl ")).collect();
    assert!(requests.len() > 15, "{requests:?}");
    for request in requests {
        let mut customer = Customer::new();
        let number = r#"{"voice_url": "http://gw/voice"}"#;
        customer.control(Method::PUT, "/numbers/+15550100000", number);
        customer.fault(r#"{"on": "create", "sid": "nobody", "do": "html"}"#);
        let call = customer.place("+15550100006", &[]);
        customer.pass(1_000);
        let (method, path, body) = read(request);
        customer.control(method, &path.replace("$call", &call), &body);
    }
}

/// The parts of `curl [-X METHOD] $NET/… [-d '…']`.
fn read(request: &str) -> (Method, String, String) {
    let (request, body) = request.split_once(" -d '").unwrap_or((request, ""));
    let words: Vec<&str> = request.split(' ').collect();
    let path = words.last().unwrap().trim_matches('"').strip_prefix("$NET").unwrap();
    let method = match words.iter().position(|word| *word == "-X") {
        Some(at) => words[at + 1].parse().unwrap(),
        None => Method::GET,
    };
    (method, path.to_owned(), body.trim_end_matches('\'').to_owned())
}

#[test]
fn every_fault_and_behaviour_that_there_is_stands_on_the_page() {
    let page = page();
    for source in ["src/world/fault.rs", "src/world/behaviour.rs"] {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(source)).unwrap();
        let rows = text.lines().filter_map(|line| line.strip_prefix("//! | `")?.split('`').next());
        for row in rows.filter(|row| *row != "do").map(|row| row.replace(": N}", ": 3000}")) {
            assert!(page.contains(&format!("| `{row}` |")), "the page lacks {row}, which {source} has");
        }
    }
}

#[test]
fn every_act_in_the_pages_tables_is_a_fault() {
    let page = page();
    let (_, faults) = page.split_once("## Faults").unwrap();
    let mut on = "any-api";
    let mut n_acts = 0;
    for line in faults.lines() {
        match line {
            "On a webhook:" => on = "webhook",
            "On a media stream:" => on = "stream",
            _ => {}
        }
        let Some(act) = line.strip_prefix("| `").and_then(|rest| rest.split('`').next()) else { continue };
        if !act.starts_with(['"', '{']) {
            continue;
        }
        let fault: Fault = serde_json::from_str(&format!(r#"{{"on": "{on}", "do": {act}}}"#)).unwrap();
        assert_eq!(fault.check(), Ok(()), "{act}");
        n_acts += 1;
    }
    assert_eq!(n_acts, 19);
}

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/simulated-network.md");
    std::fs::read_to_string(path).unwrap()
}
