#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| thv_oci::fuzzing::transcript(bytes));
