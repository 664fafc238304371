/**
 * What `rego.metadata.rule()` and `rego.metadata.chain()` stand for in a rule: constants, made from
 * the METADATA blocks when the rule is planned.
 * Source: OPA v1/ast/annotations.go, Chain; compile.go, createMetadataChain.
 */
import type { Annotations } from '../../ast.ts';
import type { MetadataCall } from '../../plan/planner.ts';
import { fromJs } from '../../json.ts';
import { ObjectBuilder, RegoObject, type Value } from '../../value.ts';
import type { Policy, ResolvedRule } from '../../compile/policy.ts';

function annotationValue(annotations: Annotations): Value {
  const {
    span: _span,
    relatedResources,
    entrypoint,
    organizations,
    authors,
    ...rest
  } = annotations;
  const list = (items: readonly unknown[] | undefined) =>
    items === undefined || items.length === 0 ? undefined : items;
  return fromJs(
    {
      ...rest,
      authors: list(authors),
      organizations: list(organizations),
      related_resources: list(relatedResources),
      entrypoint: entrypoint === true ? true : undefined,
    },
    'decimal',
  );
}

const samePath = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((part, i) => part === b[i]);

/** Rule scope only, the one closest to the rule first. */
function ownAnnotations({ source }: ResolvedRule): readonly Annotations[] {
  return source.annotations
    .filter(({ scope }) => scope === 'rule')
    .toSorted((a, b) => b.span.start - a.span.start);
}

function packageAnnotations(
  { modules }: Policy,
  path: readonly string[],
  scope: Annotations['scope'],
): Annotations | undefined {
  return modules
    .filter(({ source }) => samePath(source.package.path, path))
    .flatMap(({ source }) => source.package.annotations)
    .find((annotations) => annotations.scope === scope);
}

function link(path: readonly string[], annotations: Annotations | undefined): Value {
  const builder = new ObjectBuilder().set('path', path);
  if (annotations !== undefined) builder.set('annotations', annotationValue(annotations));
  return builder.build();
}

function chain(policy: Policy, rule: ResolvedRule): Value {
  const own = ownAnnotations(rule);
  const links =
    own.length === 0 ? [link(rule.ground, undefined)] : own.map((a) => link(rule.ground, a));
  const document = policy.rules
    .filter(({ ground }) => samePath(ground, rule.ground))
    .flatMap(({ source }) => source.annotations)
    .find(({ scope }) => scope === 'document');
  if (document !== undefined) links.push(link(rule.ground, document));
  const path = rule.module.source.package.path;
  const ofPackage = packageAnnotations(policy, path, 'package');
  if (ofPackage !== undefined) links.push(link(path, ofPackage));
  for (let length = path.length; length > 0; length--) {
    const above = path.slice(0, length);
    const inherited = packageAnnotations(policy, above, 'subpackages');
    if (inherited !== undefined) links.push(link(above, inherited));
  }
  return links;
}

export function metadataValue(policy: Policy, rule: ResolvedRule, call: MetadataCall): Value {
  if (call === 'rego.metadata.chain') return chain(policy, rule);
  const [closest] = ownAnnotations(rule);
  return closest === undefined ? RegoObject.empty : annotationValue(closest);
}
