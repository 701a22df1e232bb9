//! Which folder is to be backed up.

use leptos::{html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    address,
    api::Api,
    attempt::Attempt,
    components::dialog::DialogForm,
    erased::{computed, memo},
    format,
};

/// The dialog. Whoever asks for a backup is led to its run.
#[component]
pub(super) fn Ask(
    /// Closes it.
    on_close: Callback<()>,
) -> impl IntoView {
    let (api, attempt) = (Api::expect(), Attempt::new());
    let navigate = use_navigate();
    let source = NodeRef::<html::Input>::new();
    let submit = Callback::new(move |()| {
        let source = source.get_untracked().map(|source| source.value());
        let navigate = navigate.clone();
        attempt.run(api.run_backup(source.unwrap_or_default()), move |run| {
            navigate(&address::run(&run), NavigateOptions::default());
        });
    });
    let error = attempt.error();
    let at_source =
        memo(move || error.with(|error| error.as_ref()?.about("source").map(format::sentence)));
    let problem = attempt.problem();
    let elsewhere =
        Signal::derive(move || problem.get().filter(|_| at_source.with(Option::is_none)));
    view! {
        <DialogForm
            title="Back up a folder"
            test_id="ask-backup"
            action="Back up"
            busy=attempt.busy()
            problem=elsewhere
            on_submit=submit
            on_close
        >
            <label class="field">
                <span class="field__label">"Folder on the server"</span>
                <input
                    class="input input--mono"
                    type="text"
                    autocomplete="off"
                    spellcheck="false"
                    autofocus
                    placeholder="/srv/data"
                    data-testid="backup-source"
                    node_ref=source
                    aria-invalid=computed(move || at_source.with(Option::is_some).to_string())
                    aria-describedby="backup-source-problem"
                />
            </label>
            <p id="backup-source-problem" class="problem" role="alert" data-testid="backup-source-problem">
                {at_source}
            </p>
        </DialogForm>
    }
}
