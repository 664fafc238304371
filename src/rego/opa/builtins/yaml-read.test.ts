import { testRecorded } from '../../builtins/testing.ts';

testRecorded('yaml-read');
