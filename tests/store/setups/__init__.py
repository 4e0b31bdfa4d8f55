"""What an administrator gives a CMDB, made true."""
