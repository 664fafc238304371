import { testErrors } from './testing.ts';

testErrors('check-undeclared');
