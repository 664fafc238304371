import { testRecorded } from '../../builtins/testing.ts';

testRecorded('template-parse');
