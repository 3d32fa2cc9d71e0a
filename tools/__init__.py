"""What builds, checks and delivers auditor; standard library only, and no part of the product."""
