import { testErrors } from './testing.ts';

testErrors('rule-graph');
