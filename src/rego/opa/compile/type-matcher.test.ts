import { testErrors } from './testing.ts';

testErrors('type-matcher');
