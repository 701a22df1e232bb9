//! The entry point of the WebAssembly module. Everything else is in the library, where tests reach
//! it.

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(daybook_frontend::app::App);
}
