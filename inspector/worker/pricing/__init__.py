"""What each part of a call costs: clocks in the generated code, samples of all threads, and eager's operators."""
