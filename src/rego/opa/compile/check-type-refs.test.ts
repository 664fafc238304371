import { testErrors } from './testing.ts';

testErrors('check-type-refs');
