import { testErrors } from './testing.ts';

testErrors('safety');
