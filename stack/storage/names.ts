import { refusal, unsupported } from "./http.ts";

// The characters that Storage allows: those that are safe in S3, and some that S3 handles.
const OBJECT_NAME = /^[A-Za-z0-9_/!.*'() &$=@;:+,?-]+$/;
const BUCKET_NAME = /^[A-Za-z0-9_!.*'() &$=@;:+,?-]{1,100}$/;

/** The refusal of a name that no object can have, or undefined. */
export function refusedObjectName(name: string): Response | undefined {
  if (!OBJECT_NAME.test(name)) return refusal(400, "InvalidKey", `Invalid key: ${name}`);
  if (name.split("/").some((part) => part === "." || part === "..")) {
    return refusal(400, "InvalidKey", 'An object name cannot contain the segment "." or ".."');
  }
  // Lite could not tell it from the query.
  if (name.includes("?")) return unsupported('Object names with "?"');
  return undefined;
}

export function refusedBucketName(name: string): Response | undefined {
  const isPath = name === "." || name === "..";
  if (BUCKET_NAME.test(name) && name.trim() === name && !name.includes("?") && !isPath) return undefined;
  return refusal(400, "InvalidBucketName", "Bucket name invalid");
}
