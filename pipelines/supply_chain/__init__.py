"""What the installation is made of: packages, their licences, and the bill that lists them."""
