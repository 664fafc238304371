import { testRecorded } from './testing.ts';

testRecorded('operators');
