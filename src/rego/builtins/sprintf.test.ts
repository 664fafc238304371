import { testRecorded } from './testing.ts';

testRecorded('sprintf');
