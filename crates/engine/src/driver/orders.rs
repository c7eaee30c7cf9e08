//! A user asks for a call.

use super::Turn;
use crate::heard::{Answer, Order, Refusal};
use call::call::command::COMMANDS_OPEN_MAX;
use call::call::{Command, CommandId, News, Source, StreamEnd, Verb};
use call::gate::Stage;
use call::{Call, CallId, CallState, Party};
use store::{Kept, KeyUse, StoreError};

impl Turn<'_> {
    /// Queues the call, unless the same key asked for it before or a rule stands against it.
    /// Admission follows at the end of the turn.
    pub(super) fn order(&mut self, order: &Order) -> Result<Answer, StoreError> {
        if let Some((key, digest)) = &order.key
            && let Some(used) = self.page.key_use(key)?
        {
            return self.repeated(&used, digest);
        }
        if self.brought.draining {
            return Ok(Answer::Refused(Refusal::Draining));
        }
        if let Some(used_up) = self.used_up(order)? {
            return Ok(Answer::Refused(used_up));
        }
        if let Err(refused) = self.ask_gate(&order.facts.to, None, Stage::Order)? {
            return Ok(Answer::Refused(refused.into()));
        }
        let event = self.event(Source::Api, News::Asked(Box::new(order.facts.clone())));
        let call =
            self.begin(&event)?.ok_or_else(|| StoreError::Failed("an order made no call".to_owned()))?;
        if let Some((key, digest)) = &order.key {
            let used = KeyUse { call: call.facts.id, digest: digest.clone() };
            self.page.keep_key(key, &used, self.now)?;
        }
        Ok(Answer::Call(Box::new(call)))
    }

    /// Something is asked of a call: it waits its turn in the call's own state.
    pub(super) fn command(
        &mut self,
        id: CallId,
        verb: &Verb,
        key: Option<&(String, String)>,
        source: Source,
    ) -> Result<Answer, StoreError> {
        let Some(kept) = self.call(id)? else {
            return Ok(Answer::Refused(Refusal::NoSuchCall(id)));
        };
        if let Some((key, digest)) = key
            && let Some(used) = self.page.key_use(key)?
        {
            return Ok(asked_before(&kept.call, &used, digest));
        }
        let call = &kept.call;
        let waiting = call.commands_open();
        let refusal = if matches!(call.state, CallState::HangingUp(_) | CallState::Ended(_)) {
            Refusal::CallOver(id)
        } else if !call.is_held() {
            Refusal::NotHeld(id)
        } else if waiting >= COMMANDS_OPEN_MAX {
            Refusal::TooManyCommands { call: id, waiting }
        } else if let Verb::Transfer { to } = verb
            && let Err(refused) = self.ask_gate(&Party::Number(to.clone()), Some(id), Stage::Transfer)?
        {
            refused.into()
        } else {
            let call = self.apply(&kept, source, News::CommandAsked(verb.clone()))?;
            let command = call.last_command;
            if let Some((key, digest)) = key {
                let used = KeyUse { call: id, digest: format!("{digest} {command}") };
                self.page.keep_key(key, &used, self.now)?;
            }
            return Ok(Answer::Asked(Box::new(call), command));
        };
        Ok(Answer::Refused(refusal))
    }

    /// Somebody wants one command to end before its time, or everything that was asked: what waits
    /// is dropped, and of what is under way the carrier is told.
    pub(super) fn stop(
        &mut self,
        id: CallId,
        which: Option<CommandId>,
        source: Source,
    ) -> Result<Answer, StoreError> {
        let Some(mut kept) = self.call(id)? else {
            return Ok(Answer::Refused(Refusal::NoSuchCall(id)));
        };
        if let Some(command) = which {
            let Some(found) = kept.call.command(command) else {
                return Ok(Answer::Refused(Refusal::NoSuchCommand { call: id, command }));
            };
            if found.state.is_under_way() && !found.verb.can_be_stopped() {
                return Ok(Answer::Refused(Refusal::CannotStop { verb: found.verb.word() }));
            }
        }
        // The last first: were it the first, the next would begin.
        let meant = |command: &&Command| which.is_none_or(|which| command.id == which);
        let open = kept.call.commands.iter().filter(meant).filter(|command| command.state.is_open());
        let ids: Vec<CommandId> = open.map(|command| command.id).rev().collect();
        for command in ids {
            self.apply(&kept, source, News::StopAsked(command))?;
            if let Some(next) = self.call(id)? {
                kept = next;
            }
        }
        Ok(Answer::Call(Box::new(kept.call)))
    }

    /// A carrier's stream has come by a ticket: each is good once, as long as its command is under way.
    pub(super) fn attach(
        &mut self,
        id: CallId,
        command: CommandId,
        number: u32,
    ) -> Result<Answer, StoreError> {
        let kept = self.call(id)?;
        let talks = |call: &Call| matches!(call.state, CallState::InProgress(_));
        let awaited = |kept: &Kept| {
            talks(&kept.call) && kept.call.command(command).is_some_and(|asked| asked.awaits_stream(number))
        };
        let Some(kept) = kept.filter(awaited) else {
            return Ok(Answer::Refused(Refusal::NoStreamAwaited { call: id, command }));
        };
        let call =
            self.apply(&kept, Source::Gateway, News::StreamAttached { id: command, number, run: self.run })?;
        Ok(Answer::Call(Box::new(call)))
    }

    /// A gateway that doesn't run any more held these: whoever comes after it asks for them again.
    /// Whether there were any.
    pub(super) fn find_lost_streams(&mut self, kept: &Kept) -> Result<bool, StoreError> {
        let left = |command: &Command| Some((command.id, command.left_by(self.run)?));
        // One is under way at a time.
        let Some((id, number)) = kept.call.commands.iter().find_map(left) else { return Ok(false) };
        self.apply(kept, Source::Gateway, News::StreamOver { id, number, end: StreamEnd::Lost })?;
        Ok(true)
    }

    /// The same key again: the same call, or a mistake.
    fn repeated(&mut self, used: &KeyUse, digest: &str) -> Result<Answer, StoreError> {
        if used.digest != digest {
            return Ok(Answer::Refused(Refusal::KeyReused(used.call)));
        }
        Ok(match self.page.call(used.call)? {
            Some(kept) => Answer::Call(Box::new(kept.call)),
            None => Answer::Refused(Refusal::NoSuchCall(used.call)),
        })
    }
}

/// The same key again: what was asked then is not asked again.
fn asked_before(call: &Call, used: &KeyUse, digest: &str) -> Answer {
    let same = used.digest.strip_prefix(digest).and_then(|rest| rest.trim().parse().ok());
    match same {
        Some(command) if used.call == call.facts.id => {
            Answer::Asked(Box::new(call.clone()), CommandId(command))
        }
        _ => Answer::Refused(Refusal::KeyReused(used.call)),
    }
}
