import { testRecorded } from '../../builtins/testing.ts';

testRecorded('x509-fields');
