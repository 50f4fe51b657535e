import { gpuSuite } from "../../../conformance/hal/gpu/gpu_suite.ts";
import { subject } from "./testing/fixture.ts";

gpuSuite("web/gpu", subject);
