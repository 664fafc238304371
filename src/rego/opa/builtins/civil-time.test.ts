import { testRecorded } from '../../builtins/testing.ts';

testRecorded('civil-time');
