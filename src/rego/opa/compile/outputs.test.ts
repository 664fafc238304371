import { testErrors } from './testing.ts';

testErrors('outputs');
