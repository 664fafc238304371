import { testRecorded } from '../../builtins/testing.ts';

testRecorded('uris');
