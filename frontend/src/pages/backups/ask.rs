//! Which folder is to be backed up.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    address,
    api::Api,
    attempt::Attempt,
    components::{dialog::DialogForm, text_field::TextField},
    erased::memo,
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
    let source = RwSignal::new(String::new());
    let submit = Callback::new(move |()| {
        let navigate = navigate.clone();
        attempt.run(api.run_backup(source.get_untracked()), move |run| {
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
            <TextField
                label="Folder on the server"
                value=source
                test_id="backup-source"
                placeholder="/srv/data"
                first=true
                mono=true
                problem=at_source
            />
        </DialogForm>
    }
}
