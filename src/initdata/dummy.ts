/**
 * The document that process-user-data writes when nobody sent one: without aa.toml the attestation
 * agent, and all that waits for it, would not start. Source: cloud-api-adaptor v0.22.0
 * pkg/userdata/provision.go. 66 bytes, no final
 * newline.
 */
export const DUMMY_INITDATA =
  'algorithm = "sha256"\nversion = "0.1.0"\n\n[data]\n"aa.toml" = \'\'\'\n\'\'\'';
