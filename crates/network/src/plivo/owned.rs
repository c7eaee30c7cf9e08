//! The account's numbers and applications, as its owner can ask for them.
//!
//! Source: `numberGetResponse.json` and `applicationGetResponse.json`, fixtures of Plivo's own
//! Python client. Each number has an application of its own, whose id is the number's digits.

use serde_json::{Map, Value, json};

use super::Face;
use super::call::bare;
use super::resource::object;
use crate::settings::Application;

impl Face {
    /// One number, by its digits.
    pub(super) fn owned_number(&self, digits: &str) -> Option<Map<String, Value>> {
        self.application_of(digits)?;
        let account = self.account_path();
        Some(object(json!({
            "active": true,
            "application": format!("{account}/Application/{digits}/"),
            "number": digits,
            "number_type": "local",
            "resource_uri": format!("{account}/Number/{digits}/"),
            "sub_account": null,
            "voice_enabled": true,
        })))
    }

    /// One application, by its id.
    pub(super) fn application(&self, id: &str) -> Option<Map<String, Value>> {
        let application = self.application_of(id)?;
        Some(object(json!({
            "answer_method": application.answer_method,
            "answer_url": application.answer_url,
            "app_id": id,
            "app_name": "simulated",
            "enabled": true,
            "fallback_answer_url": application.fallback_answer_url.as_deref().unwrap_or_default(),
            "fallback_method": application.fallback_method,
            "hangup_method": application.hangup_method,
            "hangup_url": application.hangup_url.as_deref().unwrap_or_default(),
            "resource_uri": format!("{}/Application/{id}/", self.account_path()),
            "sub_account": null,
        })))
    }

    fn application_of(&self, digits: &str) -> Option<&Application> {
        let mut numbers = self.account.numbers.iter();
        numbers.find(|(number, _)| bare(number) == digits).map(|(_, application)| application)
    }

    fn account_path(&self) -> String {
        format!("/v1/Account/{}", self.account.auth_id)
    }
}
