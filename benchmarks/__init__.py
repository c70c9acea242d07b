"""What our choices cost, measured beside the alternatives; one file per question."""
