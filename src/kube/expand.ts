/**
 * `$(NAME)` in commands, arguments and values, as Kubernetes expands it: `$$` is a dollar sign, and a
 * name that nobody set stays as it is written.
 * Source: Kubernetes third_party/forked/golang/expansion/expand.go.
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (written, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? written),
  );
}
