/**
 * The helpers of a learned policy and its named patterns, in Rego that means the same in both
 * dialects and in every engine of a Kata release. Only what is used is written.
 */

export type HelperName = keyof typeof helpers;

interface Helper {
  readonly needs: readonly string[];
  readonly text: string;
}

export const helpers = {
  text_ok: {
    needs: [],
    text: `# A text that starts with ^ is a pattern, anchored at both ends; any other stands for itself.
text_ok(given, wanted) if {
	not startswith(wanted, "^")
	given == wanted
}

text_ok(given, wanted) if {
	startswith(wanted, "^")
	regex.match(wanted, given)
}`,
  },
  value_ok: {
    needs: ['text_ok'],
    text: `value_ok(given, wanted) if {
	is_string(wanted)
	text_ok(given, wanted)
}

value_ok(given, wanted) if {
	not is_string(wanted)
	given == wanted
}`,
  },
  list_ok: {
    needs: ['value_ok'],
    text: `list_ok(given, wanted) if {
	count(given) == count(wanted)
	every i, value in given {
		value_ok(value, wanted[i])
	}
}`,
  },
  field_ok: {
    needs: ['value_ok', 'list_ok'],
    text: `field_ok(given, wanted) if {
	not is_array(wanted)
	not is_object(wanted)
	value_ok(given, wanted)
}

field_ok(given, wanted) if {
	is_array(wanted)
	list_ok(given, wanted)
}

field_ok(given, wanted) if {
	is_object(wanted)
	object.keys(given) == object.keys(wanted)
	every name, value in given {
		value_ok(value, wanted[name])
	}
}`,
  },
  objects_ok: {
    needs: ['field_ok'],
    text: `# Objects in order, each with exactly these members.
objects_ok(given, wanted) if {
	count(given) == count(wanted)
	every i, item in given {
		object.keys(item) == object.keys(wanted[i])
		every name, value in item {
			field_ok(value, wanted[i][name])
		}
	}
}`,
  },
  env_ok: {
    needs: ['env_ok_but'],
    text: `env_ok(given, wanted) if env_ok_but(given, wanted, set())`,
  },
  env_ok_but: {
    needs: ['text_ok'],
    text: `# Variables in any order, none twice, none missing but the optional ones.
env_ok_but(given, wanted, optional) if {
	names := {split(variable, "=")[0] | some variable in given}
	count(given) == count(names)
	every variable in given {
		text_ok(variable, wanted[split(variable, "=")[0]])
	}
	missing := (object.keys(wanted) - optional) - names
	count(missing) == 0
}`,
  },
  map_ok: {
    needs: ['map_ok_but'],
    text: `map_ok(given, wanted) if map_ok_but(given, wanted, set())`,
  },
  map_ok_but: {
    needs: ['text_ok'],
    text: `map_ok_but(given, wanted, optional) if {
	every name, value in given {
		text_ok(value, wanted[name])
	}
	missing := (object.keys(wanted) - optional) - object.keys(given)
	count(missing) == 0
}`,
  },
  same_set: {
    needs: [],
    text: `same_set(given, wanted) if {
	count(given) == count(wanted)
	{value | some value in given} == {value | some value in wanted}
}`,
  },
  remember: {
    needs: [],
    text: `# The first request that carries a value fixes it; with any other the request is refused.
remember(name, value) := [] if data.pstate[name] == value

remember(name, value) := [{
	"op": "add",
	"path": concat("/", ["/pstate", name]),
	"value": value,
}] if {
	not data.pstate[name]
}`,
  },
} as const satisfies Readonly<Record<string, Helper>>;

/** In the order above, with what they need. */
export function helperTexts(used: ReadonlySet<HelperName>): readonly string[] {
  const wanted = new Set<string>();
  const add = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    helpers[name as HelperName].needs.forEach(add);
  };
  used.forEach(add);
  return Object.entries(helpers)
    .filter(([name]) => wanted.has(name))
    .map(([, { text }]) => text);
}
