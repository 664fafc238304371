/**
 * How evaluation differs between OPA and regorus, one observable difference a trait. Planner and
 * evaluator ask these, never for the engine's name.
 * Sources: OPA 1.19 v1/topdown; regorus 0.9.1 src/interpreter.rs and src/scheduler.rs.
 */
export interface EvaluationTraits {
  /** Whether operands after an undefined one are evaluated: their prints happen, their faults count. */
  readonly operands: 'all' | 'until-undefined';
  /** `base[index]`: which of the two is evaluated first. */
  readonly references: 'index-first' | 'base-first';
  /**
   * Loops of a negated expression, of `with` values and of heads: left where they are written, or taken
   * out, so that `not f(x[_])` asks for one element that fails.
   */
  readonly loops: 'in-place' | 'taken-out';
  /** What `some x in e` refuses with a fault; anything else that is no collection has no members. */
  readonly scansRefuse: 'nothing' | 'non-collections';
  /** `{"a": x} := object`: whether the object may have further keys. */
  readonly objectPatterns: 'exact' | 'open';
  /** `some k, v in e`: key and value are matched together, or each on its own, so that of `x, x` the second stays. */
  readonly somePatterns: 'together' | 'apart';
  /** `a = b`: parts wait until they are known, or are taken in the order of the preparation. */
  readonly unification: 'to-fixpoint' | 'in-order';
  /** A variable without a value: refused before evaluation, or a fault once evaluation reaches it. */
  readonly unsafeVariables: 'refused' | 'fault';
  /** Body of `every`: stops at its first solution, or goes through all of them. */
  readonly everyBody: 'first-solution' | 'all-solutions';
  /** How the definitions of a rule make its value: opa-groups.ts or regorus-groups.ts. */
  readonly rules: 'opa' | 'regorus';
  /** Data and a rule of one name: which of them a reference reads. */
  readonly dataUnderRules: 'rule' | 'data';
  /** Whether a rule that reads its own package sees what has been evaluated so far. */
  readonly ownPackage: 'whole' | 'evaluated-so-far';
  /** `with data.a.b as v` where `data.a` is a scalar: refused, or replaced by an object. */
  readonly withBelowScalars: 'refused' | 'replaced';
  /** `with` on all of `data` or on an unknown name: refused by the compiler, or a fault. */
  readonly withUnknownTargets: 'refused' | 'fault';
  /** Rules that the values of `with` read: evaluated again, or undefined within the literal. */
  readonly rulesReadByWith: 'evaluated-again' | 'lost';
  readonly print: {
    /** How often operands are evaluated. */
    readonly evaluations: 1 | 2;
    /** More operands are a fault. */
    readonly maxOperands: number;
  };
  /** Whose words faults, prints and conflicts have. */
  readonly texts: 'opa' | 'regorus';
}

export const opaTraits: EvaluationTraits = {
  operands: 'until-undefined',
  references: 'base-first',
  loops: 'in-place',
  scansRefuse: 'nothing',
  objectPatterns: 'exact',
  somePatterns: 'together',
  unification: 'to-fixpoint',
  unsafeVariables: 'refused',
  everyBody: 'first-solution',
  rules: 'opa',
  dataUnderRules: 'rule',
  ownPackage: 'whole',
  withBelowScalars: 'refused',
  withUnknownTargets: 'refused',
  rulesReadByWith: 'evaluated-again',
  print: { evaluations: 1, maxOperands: Number.POSITIVE_INFINITY },
  texts: 'opa',
};

export const regorusTraits: EvaluationTraits = {
  operands: 'all',
  references: 'index-first',
  loops: 'taken-out',
  scansRefuse: 'non-collections',
  objectPatterns: 'open',
  somePatterns: 'apart',
  unification: 'in-order',
  unsafeVariables: 'fault',
  everyBody: 'all-solutions',
  rules: 'regorus',
  dataUnderRules: 'data',
  ownPackage: 'evaluated-so-far',
  withBelowScalars: 'replaced',
  withUnknownTargets: 'fault',
  rulesReadByWith: 'lost',
  print: { evaluations: 2, maxOperands: 100 },
  texts: 'regorus',
};
