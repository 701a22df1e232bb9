//! Makes the server's committed schema known to cynic, so that every operation of the dashboard is
//! checked against it while it compiles.

fn main() {
    cynic_codegen::register_schema("daybook")
        .from_sdl_file("../server/schema.graphql")
        .expect("the server's schema is committed beside it, and a test keeps it readable")
        .as_default()
        .expect("cargo gives every build script a folder to write to");
}
