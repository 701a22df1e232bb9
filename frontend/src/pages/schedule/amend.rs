//! Correcting a result: an administrator says what it should be, and why. What was there before is
//! kept.

use leptos::{html, prelude::*};

use super::{
    actions::{ReasonField, reason_in},
    table::Attempt,
};
use crate::{
    api::{Api, results::ResultStatus, session::Role},
    attempt::Attempt as Try,
    components::{dialog::DialogForm, status::Look},
    erased::{computed, dynamic, handler, memo},
};

/// What a result can be corrected to.
const FINAL: [ResultStatus; 5] = [
    ResultStatus::Pass,
    ResultStatus::Fail,
    ResultStatus::Error,
    ResultStatus::Block,
    ResultStatus::Skip,
];

/// The button, for administrators, and the dialog that it opens.
#[component]
pub(super) fn AmendButton(
    /// The attempt that is shown.
    attempt: Memo<Attempt>,
) -> impl IntoView {
    let session = Api::expect().session();
    let may = memo(move || session.with(|session| session.may(Role::Admin)));
    let asked = RwSignal::new(false);
    let on_close = Callback::new(move |()| asked.set(false));
    let dialog = move || {
        asked.get().then(|| {
            let attempt = attempt.get_untracked();
            view! { <Amend attempt on_close/> }
        })
    };
    view! {
        <button
            type="button"
            class="button button--small"
            hidden=computed(move || !may.get())
            data-testid="amend"
            on:click=handler(move |_| asked.set(true))
        >
            "Correct…"
        </button>
        {dynamic(dialog)}
    }
}

/// Asks for the status and the reason.
#[component]
fn Amend(
    /// The attempt to be corrected.
    attempt: Attempt,
    /// Takes the dialog away.
    on_close: Callback<()>,
) -> impl IntoView {
    let api = Api::expect();
    let correction = Try::new();
    let status = NodeRef::<html::Select>::new();
    let reason = NodeRef::<html::Input>::new();
    let was = attempt.status;
    let on_submit = Callback::new(move |()| {
        let chosen = status
            .get_untracked()
            .and_then(|status| status.value().parse().ok());
        let (Some(chosen), reason) = (chosen, reason_in(reason)) else {
            return;
        };
        if reason.is_empty() {
            correction.refuse("Say why: the reason is kept beside the result.");
            return;
        }
        correction.run(
            api.amend_result(attempt.id.clone(), chosen, reason),
            move |()| on_close.run(()),
        );
    });
    let options = FINAL
        .into_iter()
        .filter(move |status| *status != was)
        .map(|status| {
            view! { <option value=status.keyword()>{Look::from(status).word}</option> }
        });
    view! {
        <DialogForm
            title="Correct this result"
            test_id="amend-dialog"
            action="Correct it"
            busy=correction.busy()
            problem=correction.problem()
            on_submit
            on_close
        >
            <p>
                {format!("It is {} now. What is there stays on record.", Look::from(was).word)}
            </p>
            <label class="field">
                <span class="field__label">"Status"</span>
                <select class="input" data-testid="amend-status" node_ref=status>
                    {options.collect_view()}
                </select>
            </label>
            <ReasonField field=reason/>
        </DialogForm>
    }
}
