// Starts the dashboard: loads the glue and the WebAssembly module that the page's links name, and
// says in the page that it is loading, or why it can't. (A file of its own, as the page may have no
// inline script.)

// As src/theme.rs does it later: until then, the page would flash in the colours of the system.
const theme = localStorage.getItem("daybook-theme");
if (theme) document.documentElement.dataset.theme = theme;

const notice = document.createElement("p");
notice.className = "boot";
notice.setAttribute("role", "status");
notice.textContent = "Loading Daybook…";
document.body.append(notice);

const address = (relation) => document.querySelector(`link[rel="${relation}"]`).href;

try {
  const { default: start } = await import(address("modulepreload"));
  await start({ module_or_path: address("preload") });
  notice.remove();
} catch (error) {
  console.error(error);
  notice.setAttribute("role", "alert");
  notice.textContent = `Daybook could not start: ${error.message}. Reload the page to try again.`;
}
