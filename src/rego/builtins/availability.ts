/**
 * Which engine has which builtin, as data. OPA: the release that brought it. regorus: the
 * crate release and the Cargo features of the agent build.
 * Source: OPA's capabilities files; `register` functions of regorus 0.1.4 to 898643129e; the agent's
 * Cargo.toml (base64 and base64url from Kata 3.28.0).
 */
import type { BuiltinGroup, EnginePin } from '../profile.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Present in the agent of Kata 3.28.0 and later. `print` is the evaluator's own. */
const KATA = words(`
  abs array.concat array.reverse array.slice base64.decode base64.encode base64.is_valid
  base64url.decode base64url.encode base64url.encode_no_pad bits.and bits.lsh bits.negate bits.or
  bits.rsh bits.xor ceil concat contains count endswith floor format_int indexof indexof_n
  intersection is_array is_boolean is_null is_number is_object is_set is_string json.filter
  json.is_valid json.marshal json.marshal_with_options json.remove json.unmarshal lower max min
  numbers.range numbers.range_step object.filter object.get object.keys object.remove object.subset
  object.union object.union_n print product rand.intn regex.find_all_string_submatch_n regex.find_n
  regex.is_valid regex.match regex.replace regex.split regex.template_match replace round sort split
  sprintf startswith strings.any_prefix_match strings.any_suffix_match strings.count
  strings.replace_n strings.reverse substring sum to_number trace trim trim_left trim_prefix
  trim_right trim_space trim_suffix type_name union units.parse units.parse_bytes upper
`);

const NOT_IN_REGORUS_0_1 = words('strings.count');

export function regorusLacks(name: string, pin: EnginePin, group: BuiltinGroup): boolean {
  // regorus with every optional feature, as its own tests build it. No agent is.
  if (group === 'all') return false;
  if (!KATA.has(name)) return true;
  if (name.startsWith('base64') && group !== 'base64 regex std') return true;
  return pin === 'regorus-0.1' && NOT_IN_REGORUS_0_1.has(name);
}

/** In no agent with regorus: the rows of `opa/builtins/`, which are not loaded to know a name. */
const OPA_ONLY = words(`
  crypto.hmac.equal crypto.hmac.md5 crypto.hmac.sha1 crypto.hmac.sha256 crypto.hmac.sha512
  crypto.md5 crypto.parse_private_keys crypto.sha1 crypto.sha256
  crypto.x509.parse_and_verify_certificates
  crypto.x509.parse_and_verify_certificates_with_options crypto.x509.parse_certificate_request
  crypto.x509.parse_certificates crypto.x509.parse_keypair crypto.x509.parse_rsa_private_key
  glob.match glob.quote_meta graph.reachable graph.reachable_paths graphql.is_valid graphql.parse
  graphql.parse_and_verify graphql.parse_query graphql.parse_schema graphql.schema_is_valid
  http.send io.jwt.decode io.jwt.decode_verify io.jwt.encode_sign io.jwt.encode_sign_raw
  io.jwt.verify_eddsa io.jwt.verify_es256 io.jwt.verify_es384 io.jwt.verify_es512
  io.jwt.verify_hs256 io.jwt.verify_hs384 io.jwt.verify_hs512 io.jwt.verify_ps256
  io.jwt.verify_ps384 io.jwt.verify_ps512 io.jwt.verify_rs256 io.jwt.verify_rs384
  io.jwt.verify_rs512 json.match_schema json.patch json.verify_schema net.cidr_contains
  net.cidr_contains_matches net.cidr_expand net.cidr_intersects net.cidr_is_valid net.cidr_merge
  net.cidr_overlap net.lookup_ip_addr opa.runtime providers.aws.sign_req rego.metadata.chain
  rego.metadata.rule rego.parse_module semver.compare semver.is_valid strings.render_template
  time.add_date time.clock time.date time.diff time.format time.now_ns time.parse_duration_ns
  time.parse_ns time.parse_rfc3339_ns time.weekday uri.is_valid uri.parse uuid.parse uuid.rfc4122
  walk yaml.is_valid yaml.marshal yaml.unmarshal
`);

export const isOpaOnly = (name: string): boolean => OPA_ONLY.has(name);

export const opaOnlyNames = (): Iterable<string> => OPA_ONLY;

/** Newer than OPA 0.55.0, the engine of Kata 3.2.0 to 3.4.0. */
const NOT_IN_OPA_0_55 = words(`
  array.flatten crypto.x509.parse_and_verify_certificates_with_options internal.template_string
  internal.test_case io.jwt.verify_eddsa json.marshal_with_options numbers.range_step strings.count
  strings.render_template strings.split_n uri.is_valid uri.parse uuid.parse
`);

export const opaLacks = (name: string, pin: EnginePin): boolean =>
  pin === 'opa-0.55' && NOT_IN_OPA_0_55.has(name);
