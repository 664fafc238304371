import { testRecorded } from '../../builtins/testing.ts';

testRecorded('time-layout');
