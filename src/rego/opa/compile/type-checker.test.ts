import { testErrors } from './testing.ts';

testErrors('type-checker');
