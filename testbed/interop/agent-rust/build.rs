//! Messages and clients from the project's own .proto files, by the generator Kata itself uses.
use std::fs;
use ttrpc_codegen::{Codegen, Customize, ProtobufCustomize};

/// The generator brings no well-known types along; this is all of the one that is used.
const EMPTY: &str = "syntax = \"proto3\";\npackage google.protobuf;\nmessage Empty {}\n";

fn main() {
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let well_known = format!("{out}/include");
    fs::create_dir_all(format!("{well_known}/google/protobuf")).expect("OUT_DIR is writable");
    let empty = format!("{well_known}/google/protobuf/empty.proto");
    fs::write(&empty, EMPTY).expect("OUT_DIR is writable");
    let protos = "../../../proto";
    let mut inputs = vec![empty];
    for file in ["agent", "oci", "csi", "types", "health"] {
        println!("cargo:rerun-if-changed={protos}/{file}.proto");
        inputs.push(format!("{protos}/{file}.proto"));
    }
    let generated = format!("{out}/generated");
    fs::create_dir_all(&generated).expect("OUT_DIR is writable");
    Codegen::new()
        .out_dir(&generated)
        .inputs(&inputs)
        .include(protos)
        .include(&well_known)
        .rust_protobuf()
        .rust_protobuf_customize(ProtobufCustomize::default().gen_mod_rs(true))
        .customize(Customize { gen_mod: true, ..Default::default() })
        .run()
        .expect("the .proto files compile");
}
