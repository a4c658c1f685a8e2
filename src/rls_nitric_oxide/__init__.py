"""What serves the essay on nitric oxide and restless legs alone; it builds on `claimbook`."""
