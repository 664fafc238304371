import { testRecorded } from '../../builtins/testing.ts';

testRecorded('json-patch');
